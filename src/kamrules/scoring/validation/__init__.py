"""Whether a win probability is worth anything, judged without fooling anyone.

`splits` keeps twins together and the future out, `leakage` refuses columns and facts that tell the outcome,
`skill` measures against the base rate, `resampling` with intervals; that one needs numpy (`learn`).
"""
