"""Paths: the cheapest changes of a record that make conditions true, crossing no guard."""

from kamrules.rules.paths.plain import plain_path
from kamrules.rules.paths.problem import Path, Problem, Step, applied

__all__ = ["Path", "Problem", "Step", "applied", "plain_path"]
