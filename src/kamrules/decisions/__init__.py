"""Decision tables in and out: a table of a pack as DMN 1.3 or as a workbook, and either as a table of a pack.

What the other side has no word for is named in `notes`, never dropped without one. A missing value differs:
a rule with a null input does not fire in DMN, while a row with an unknown fact may hold in a pack.
"""
