# %% [markdown]
# # Fit and back-test
#
# What do closed deals teach, and would it have helped? `examples/closed_deals` is an invented history of
# 130 deals. Needs `pip install 'kamrules[learn,plot]'`.

# %%
import kamrules as kr
from kamrules.learning.backtest import backtest
from kamrules.learning.closed import ClosedDeals, closed_deals, last_day
from kamrules.learning.gates import look_at_gates
from kamrules.learning.learn import Refused, forecast_deals, learn
from kamrules.learning.model import fit_model
from kamrules.learning.words import backtest_text
from kamrules.report import pictures
from kamrules.scoring.estimators.scorecard_classifier import ScorecardClassifier
from kamrules.timeline import FactSet, read_events, timelines

engine = kr.compile(kr.load_pack("handbook"))
histories = timelines(read_events("../closed_deals/events.csv"), model=engine.model)

# %% [markdown]
# ## Closed deals, as they were
#
# Each deal is seen as it was recorded 30 days before its outcome. What was recorded later is not there.
# Deals that teach nothing are left out by name.

# %%
closed = closed_deals(histories.values(), lead_days=30)
assert (closed.wins, closed.losses) == (58, 47)
closed.reasons()

# %% [markdown]
# ## The guard against leaks
#
# Suppose somebody records the day of the complaint, or fills in the reason of the loss, before the deal is
# lost. A model would look clairvoyant. So it is refused, loudly.

# %%
lost = next(deal for deal in closed.deals if not deal.won)
leak = FactSet(
    id="LEAK",
    deal_id=lost.deal_id,
    path="deal.loss_reason",
    value="price",
    effective_on=lost.predicted_on,
    recorded_at=lost.predicted_on,
)
planted = histories | {lost.deal_id: histories[lost.deal_id].with_events([leak])}
try:
    closed_deals(planted.values())
except kr.KamrulesError as error:
    refused = str(error)
assert "L-DERIVED" in refused
print(refused)

# %% [markdown]
# ## Before the first deal
#
# Without closed deals the scorecard is the pack: its points read as log-odds. It says so: it knows 0 deals.

# %%
start = ScorecardClassifier.from_pack(engine)
assert start.n_deals_ == 0
few = learn(engine, list(histories.values())[:12])
assert isinstance(few, Refused)
few.reason

# %% [markdown]
# ## Back-test
#
# Forward in time, and with deals of one account kept together. Against it stand the pack alone and the base
# rate. Brackets hold 90 % intervals; where they reach the base rate, there is no skill to speak of.

# %%
tried = backtest(engine, histories.values(), leads=(30,), resamples=100)
assert tried.refusal is None
print(backtest_text(tried))

# %% [markdown]
# ## Calibration
#
# Learned from the first 70 deals, tried on those predicted after all 70 outcomes were known. With so few
# deals to try the intervals are wide, and that is the finding.

# %%
first = ClosedDeals(closed.deals[:70], (), closed.lead_days)
model = fit_model(engine, first)
known = max(deal.known_on for deal in first.deals)
later = [deal for deal in closed.deals[70:] if deal.predicted_on >= known]
forecasts = forecast_deals(engine, model, [(deal.record, deal.predicted_on) for deal in later])
said = [(one.estimate or one.prior).probability for one in forecasts]
assert all(0 < one < 1 for one in said)
pictures.calibration([deal.won for deal in later], said, bins=3)

# %% [markdown]
# ## When it says nothing
#
# A deal unlike any seen gets no estimate. What the pack believes can be shown instead; it rests on 0 closed
# deals.

# %%
[strange] = forecast_deals(engine, model, [({"id": "new"}, known)])
assert strange.estimate is None
assert strange.prior.closed_deals == 0
strange.refusal

# %% [markdown]
# ## What each gate was worth
#
# Who met a criterion when the deal was moved past its gate, and did they win more? It shows what goes
# together, not what causes a win. Only gates with deals to compare are drawn. The others may still be called
# `sharpen`: what is unknown for most deals that passed was never asked.

# %%
found = look_at_gates(engine, histories, as_of=last_day(histories.values()))
compared = [gate for gate in found.values.gates if gate.difference is not None]
assert 0 < len(compared) < len(found.values.gates)
pictures.gate_worth(engine, compared)
