"""The condition language: a typed, three-valued profile of CEL. Start at `reference.py`, its meaning."""
