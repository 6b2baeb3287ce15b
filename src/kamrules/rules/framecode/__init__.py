"""How the expressions of `backends/frame.py` are made.

values (columns, constants, counts) < numbers (arithmetic that cannot overflow) < translate (conditions, and
what they need of each list) < scores < outputs (the whole plan); border casts the frames a caller hands in.
"""
