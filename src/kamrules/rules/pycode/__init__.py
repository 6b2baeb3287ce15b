"""How the generated Python of `backends/python.py` is written.

code (syntax nodes) < formula (two-valued logic) < blocks (statements) < translate (conditions)
< scores, tables, checks (what a plan is made of) < function (the whole plan).
"""
