# %% [markdown]
# # From claimed to supported stage
#
# One deal over half a year: what the seller claimed, what the evidence supported, what was in the way, and
# the shortest lawful way on. D-16 is invented, and lies in `examples/welding/history`. Needs `pip install
# 'kamrules[plot,verify]'`.

# %%
from datetime import date

import kamrules as kr
from kamrules.report import pictures
from kamrules.timeline import read_events, timelines
from kamrules.timeline.dwell import stall_of
from kamrules.timeline.history import history_of
from kamrules.timeline.telling import tell

engine = kr.compile(kr.load_pack("handbook"))
timeline = timelines(read_events("../welding/history/events.jsonl"), model=engine.model)["D-16"]
len(timeline.events)

# %% [markdown]
# ## As of a day
#
# What would we have said on 31 May, on what was recorded by then? And on 30 June?

# %%
MAY, JUNE = date(2026, 5, 31), date(2026, 6, 30)
may, june = (engine.assess(timeline.as_of(day), as_of=day) for day in (MAY, JUNE))
assert (may.stage.claimed, may.stage.supported) == ("M6", "M6")
assert (june.stage.claimed, june.stage.supported) == ("M6", "M5")
{str(day): (one.stage.claimed, one.stage.supported) for day, one in ((MAY, may), (JUNE, june))}

# %% [markdown]
# The claim stands, the evidence does not. Since when?

# %%
history = history_of(engine, timeline, start=date(2026, 5, 1))
fell = [step for step in history.steps if step.is_regression]
assert [str(step.after.day) for step in fell] == ["2026-06-19"]
print(tell(engine, history, stall=stall_of(engine, timeline, as_of=JUNE)))

# %% [markdown]
# A key person left on 2 June, and nobody entered it before the 19th. What was said on 10 June rested on
# somebody who was gone. Both times of an event are kept, so that one can ask what was said then, and what
# is known of that day now.

# %%
TENTH = date(2026, 6, 10)
then = engine.assess(timeline.as_of(TENTH), as_of=TENTH)
now = engine.assess(timeline.as_of(TENTH, recorded_by=JUNE), as_of=TENTH)
assert (then.stage.supported, now.stage.supported) == ("M6", "M4")
{"said on 10 June": then.stage.supported, "known on 30 June": now.stage.supported}

# %% [markdown]
# ## Health over time
#
# The band is the interval: it narrows as facts come in. Health is what is in place, no probability of
# winning.

# %%
pictures.health_over_time(engine, history_of(engine, timeline))

# %% [markdown]
# ## What blocks
#
# Criteria known not to hold, and those that nobody can tell yet, each with the next thing to do.

# %%
deal = timeline.as_of(JUNE)
held = [(one.id, one.status) for one in june.criteria if one.is_hard and one.status in {"unmet", "unknown"}]
assert ("M5.X4", "unmet") in held
june

# %% [markdown]
# ## The shortest lawful path
#
# Steps with owner, form and first day. A path never crosses a red line. Its steps are facts to bring about,
# not boxes to tick.

# %%
path = kr.shortest_path(engine, deal, as_of=JUNE)
assert (path.outcome, path.target) == ("path", "M6")
path

# %% [markdown]
# It says how much effort, in points of the pack, and when at the earliest. What raises the health most for
# its effort is another question, with other answers.

# %%
assert path.opens_on is not None
assert path.opens_on > str(JUNE)
{"steps": len(path.steps), "effort": path.cost, "opens on": path.opens_on}

# %%
best = path.raises[0]
assert all(one.points > 0 for one in path.raises)
best.entry, best.points
