"""Reactions and facts that are easy to mix up: few names, few values, flags that set each other off."""

from hypothesis import strategies as st

from kamrules.rules.reactions import Asked, Reaction

FACTS = ("M1.X1", "RL-01", "stage", "gate.M1.exit", "客户.级别")
FLAGS = ("flag.a", "flag.b", "flag.c")
VALUES = ("met", "unmet", "unknown", "没有")


def asked(names: tuple[str, ...], least: int, most: int) -> st.SearchStrategy[tuple[Asked, ...]]:
    values = st.lists(st.sampled_from(VALUES), min_size=1, max_size=3, unique=True).map(tuple)
    return st.dictionaries(st.sampled_from(names), values, min_size=least, max_size=most).map(
        lambda found: tuple(found.items())
    )


@st.composite
def packs(draw: st.DrawFn) -> tuple[Reaction, ...]:
    count = draw(st.integers(1, 24))
    flags = st.dictionaries(st.sampled_from(FLAGS), st.sampled_from(VALUES), max_size=2)
    return tuple(
        Reaction(
            id=f"R{index}",
            becomes=draw(asked(FACTS + FLAGS, 1, 3)),
            was=draw(asked(FACTS, 0, 1)),
            holds=draw(asked(FACTS + FLAGS, 0, 2)),
            sets=tuple(draw(flags).items()),
        )
        for index in range(count)
    )


# Values that no reaction names, and flags that only reactions may set, are in it too.
FACT_MAPS = st.dictionaries(
    st.sampled_from(FACTS + FLAGS), st.sampled_from((*VALUES, "other", "")), max_size=len(FACTS + FLAGS)
)
