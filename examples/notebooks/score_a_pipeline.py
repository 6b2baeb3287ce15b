# %% [markdown]
# # Score a pipeline in five minutes
#
# Frames go in, frames come out, pictures in between. The deals are the invented ones of `examples/welding`;
# a folder of CSV files of your own does as well. Needs `pip install 'kamrules[frame]'`.

# %%
from datetime import date
from pathlib import Path

import polars as pl

import kamrules as kr
from kamrules.pipeline import Summary, assess_source, find_deal, open_source
from kamrules.report import pictures

DAY = date(2026, 6, 30)  # the day the verdicts are of; nothing here reads the clock
FOLDER = Path("../welding")
engine = kr.compile(kr.load_pack("handbook"))

# %% [markdown]
# ## Frames in
#
# One row a deal; each list (people, activities, ...) is a frame of its own with `deal_id`. Polars here, and
# pandas, PyArrow and DuckDB alike.

# %%
deals = pl.DataFrame(
    {
        "id": ["T-1", "T-2", "T-3"],
        "milestone": ["M1", "M4", "M2"],
        "account__name": ["Lingang", "Langheng", None],
        "account__industry": ["shipbuilding", "bridges", None],
    }
)
people = pl.DataFrame({"deal_id": ["T-2"], "role": ["decision_maker"], "stance": ["mentor"]})
found = engine.assess_frame(deals, as_of=DAY, stakeholders=people)
found.deals.select("deal_id", "claimed", "supported", "possible", "health_low", "health_high")

# %% [markdown]
# Little is known, so the intervals are wide: missing is unknown, neither no nor zero. No row is lost in
# silence; what could not be read is told.

# %%
assert found.deals.height + found.rejected.height == deals.height
found.criteria.group_by("status").len().sort("status")

# %% [markdown]
# ## A whole pipeline
#
# A folder, a file or a CRM export is read deal by deal.

# %%
summary, good = Summary(), []
for result in assess_source(engine, open_source(FOLDER, engine), as_of=DAY):
    summary.add(result)
    if isinstance(result.outcome, kr.Assessment):
        good.append(result.outcome)
assert (summary.assessed, summary.rejected) == (36, 0)
pictures.pipeline_stages(engine, summary)

# %% [markdown]
# Sellers claim more than the evidence supports. `contradicted` means that a known fact speaks against the
# claim; `unproven` that facts are missing. These are two different talks to have.

# %%
claims = pl.DataFrame(
    {
        "deal": [one.deal_id for one in good],
        "claimed": [one.stage.claimed for one in good],
        "supported": [one.stage.supported for one in good],
        "claim": [one.stage.claim for one in good],
        "low": [one.health.low for one in good if one.health],
        "high": [one.health.high for one in good if one.health],
    }
)
assert claims["low"].le(claims["high"]).all()
claims.filter(pl.col("claim") == "contradicted")

# %%
pictures.gate_matrix(engine, good[:8])

# %% [markdown]
# ## Ask next
#
# Over all open deals: the unknown facts that most of them wait for.

# %%
assert summary.ask_first[0].deals >= summary.ask_first[-1].deals
pictures.ask_next(engine, summary)

# %% [markdown]
# ## One deal
#
# The last line of a cell shows itself: an assessment as words, a picture as a picture. Health is no win
# probability.

# %%
deal = find_deal(open_source(FOLDER, engine), "D-04").deal
assessment = engine.assess(deal, as_of=DAY)
assert assessment.stage.supported == "M4"
assessment

# %%
pictures.stakeholder_map(engine, deal, assessment)

# %%
pictures.health_waterfall(engine, assessment, by_dimension=True)
