"""Verdicts as of any day, on what was recorded by then: the events of a deal, folded to a record.

A deal's history is a set of typed events, each with the day it became true (`effective_on`) and the moment it
was recorded (`recorded_at`). `timeline.as_of(day)` takes what was true by that day and recorded by its end
(UTC), whatever the order in which events arrive. What it gives is a deal for `engine.assess`.

What happens where events do not follow one another neatly:

=============================================== ====================================================
recorded long after it was true                 counts from the day it was recorded, in its place by
                                                effective day: it does not undo what became true later
arrives out of order                            the answer is the same in any order
the same event twice (same id, same content)    counts once
same id, other content                          T-CONFLICT; the one first recorded stays
two events for one fact on one effective day    the later recorded wins; at one moment the greater id
change of an item that is not there             waits: the item is not made; T-PARKED while it waits.
                                                When it is added, fields only the change named are set
change of an item that was removed              the same; removing takes all fields with it
item added that is there                        its fields are changed, as by a change
item removed that is not there                  nothing, but what waited for it is forgotten
fact_set of an object, fact_cleared             what was inside is forgotten; a list loses its items
correction                                      from the moment it is recorded the event says the
                                                replacement, in its old place; without one it is void
correction of an event that is not there        waits for it; T-UNKNOWN while it waits
several corrections of one event                the last recorded counts
correction of a correction                      replaces what that one says; a void one counts for nothing
corrections in a circle                         T-CYCLE; count for nothing
=============================================== ====================================================

`events` and `paths` say what an event is, `settled` and `fold` put them together and know no engine; above
them are files, snapshots, the history of verdicts, and `panel` for whole frames (needs Polars).
"""

from kamrules.timeline.events import (
    Approval,
    Correction,
    Event,
    FactCleared,
    FactSet,
    Form,
    ItemAdded,
    ItemChanged,
    ItemRemoved,
    ListKnown,
    Meeting,
)
from kamrules.timeline.files import holds_events, read_events, write_events
from kamrules.timeline.reading import event_of, to_row
from kamrules.timeline.snapshots import diff_events, events_of
from kamrules.timeline.timeline import Timeline, timelines

__all__ = [
    "Approval",
    "Correction",
    "Event",
    "FactCleared",
    "FactSet",
    "Form",
    "ItemAdded",
    "ItemChanged",
    "ItemRemoved",
    "ListKnown",
    "Meeting",
    "Timeline",
    "diff_events",
    "event_of",
    "events_of",
    "holds_events",
    "read_events",
    "timelines",
    "to_row",
    "write_events",
]
