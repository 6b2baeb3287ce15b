"""Verdicts of a pack turned into what a sales team asks: which stage, which tier, what to ask first."""
