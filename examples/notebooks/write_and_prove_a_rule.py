# %% [markdown]
# # Write and prove a rule
#
# A pack of your own extends the handbook: one criterion more, one threshold changed. Then cases, proofs,
# and which deals change verdict.
# Needs `pip install 'kamrules[verify]'`.

# %%
import tempfile
from datetime import date
from pathlib import Path

import kamrules as kr
from kamrules.casefile import read_cases, run_case
from kamrules.mutation import mutate
from kamrules.packdiff import compare_on, compare_packs
from kamrules.pipeline import open_source
from kamrules.rules.checks import run_checks
from kamrules.rules.planning import plan_pack

DAY = date(2026, 6, 30)
FOLDER = Path(tempfile.mkdtemp())  # elsewhere this is a folder of your repository

# %% [markdown]
# ## The rule
#
# The house wants a dated next step at the end of M1, and calls an account a top one up to rank 30, not 50.

# %%
PACK = """\
kamrules: 1
id: acme
version: 1.0.0
title: {en: Our house rules, zh: 本公司规则}
owner: sales-excellence
extends: handbook
params:
  rank_cut: {value: 30}
criteria:
  ACME.X1:
    gate: M1.exit
    kind: hard
    name: {en: A next step is dated, zh: 下一步有日期}
    met_when: deal.next_step_on >= as_of
    source: {ref: our house rules of 2026}
    owner: sales_engineer
    if_unknown: {en: Ask for a date., zh: 询问日期。}
    if_unmet: {en: Agree on a new date., zh: 重新约定日期。}
"""
manifest = FOLDER / "pack.yaml"
manifest.write_text(PACK, encoding="utf-8")
pack, faults = kr.check_pack(manifest)
assert not faults

# %% [markdown]
# A mistake is told with its place and the nearest right name, before anything runs.

# %%
broken = FOLDER / "broken.yaml"
broken.write_text(PACK.replace("next_step_on", "next_step_onn"), encoding="utf-8")
_, told = kr.check_pack(broken)
assert "did you mean `next_step_on`" in str(told[0])
print(str(told[0]).replace(str(FOLDER), "."))

# %% [markdown]
# ## Cases
#
# A case is a small deal and what the rule must say of it: met, unmet, and unknown.

# %%
CASES = """\
pack: pack.yaml
as_of: 2026-06-30
cases:
  - {name: met by a step tomorrow, given: {next_step_on: 2026-07-01}, expect: {ACME.X1: met}}
  - {name: unmet by a step of the past, given: {next_step_on: 2026-06-01}, expect: {ACME.X1: unmet}}
  - {name: unknown without a date, given: {}, expect: {ACME.X1: unknown}}
"""
path = FOLDER / "acme.cases.yaml"
path.write_text(CASES, encoding="utf-8")
engine = kr.compile(pack)
cases = read_cases(path).cases
assert not any(run_case(engine, case) for case in cases)

# %% [markdown]
# Do the cases notice mistakes? Each mutant is one small mistake in the rule. One survives: nobody has said
# what a step due this very day means.

# %%
survivors = mutate(engine, cases, only=["ACME.X1"]).survivors
assert len(survivors) == 1
print(str(survivors[0]).replace(str(FOLDER), "."))

# %%
today = "  - {name: met by a step today, given: {next_step_on: 2026-06-30}, expect: {ACME.X1: met}}\n"
path.write_text(CASES + today, encoding="utf-8")
cases = read_cases(path).cases
assert not any(run_case(engine, case) for case in cases)
assert not mutate(engine, cases, only=["ACME.X1"]).survivors

# %% [markdown]
# ## Checks, with proof
#
# Every check looks at the whole pack. Those that prove ask a solver about all deals there could be, not
# those we have: here whether any criterion can never be met.

# %%
report = run_checks(pack, plan_pack(pack), only=("never-met",), prove=True)
assert not report.remarks
print({code: proofs.to_dict()["holds"] for code, proofs in report.proofs.items()})

# %% [markdown]
# ## Which verdicts can turn
#
# The prover gives a smallest deal for each turn that is possible; here of the threshold alone. Do not take
# its word: each of these deals is assessed under both packs.

# %%
old = kr.compile(kr.load_pack("handbook"))
stricter = FOLDER / "stricter.yaml"
stricter.write_text(PACK.partition("criteria:")[0], encoding="utf-8")
new = kr.compile(kr.load_pack(stricter))
difference = compare_packs(old, new)
ranks = next(part for part in difference.parts if part.id == "M1.X4")


def said(engine, turn):
    found = engine.assess(turn.witness, as_of=turn.as_of or DAY)
    return next(one.status for one in found.criteria if one.id == ranks.id)


for turn in ranks.turns:
    assert (said(old, turn), said(new, turn)) == (turn.before, turn.after)
    print(turn.before, "→", turn.after, turn.witness)

# %% [markdown]
# ## Which deals change, and why
#
# On the example pipeline, with both changes. Each row names the criteria that turned.

# %%
pipeline = open_source("../welding", engine, as_of=DAY)
change = compare_on(compare_packs(old, engine, proofs=False), old, engine, pipeline, as_of=DAY)
assert change.compared == 36
change
