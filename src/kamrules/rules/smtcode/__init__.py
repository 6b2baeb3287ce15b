"""How the prover asks z3: conditions as formulas over the facts a record may have, and witnesses read back.

Every condition becomes a pair of formulas (surely true, surely false). `claims` says what is asked, `needs`
how many elements of each list suffice, `facts` what a record may be, `encode` what a condition means,
`search` asks, `records` and `shrink` turn the answer into the smallest record that shows it. z3 comes in by
`door`.
"""
