"""New things for owners of rules: a pack with all that keeps it sound, a criterion in it, a check of packs.

What is written loads, is clean and holds as it is written, so that the first change is the owner's. No file
is ever written over.
"""

from __future__ import annotations

from kamrules.scaffold.checks import NewCheck, new_check
from kamrules.scaffold.criteria import NewCriterion, new_criterion
from kamrules.scaffold.files import schema_texts
from kamrules.scaffold.packs import new_pack

__all__ = ["NewCheck", "NewCriterion", "new_check", "new_criterion", "new_pack", "schema_texts"]
