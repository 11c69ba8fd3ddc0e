"""Facts of how partners and we talk: requests, meetings, decisions, issues, feedback, surveys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsync.measure.frames import dated, day_number, days, moments, numbers, rounded
from sheetsync.measure.labels import joined, labels
from sheetsync.measure.period import Period
from sheetsync.model.tracker import plain

if TYPE_CHECKING:
    import pandas as pd

    from sheetsync.measure.labels import Array, Labels

_PROMOTES, _DETRACTS = 9, 6
_CONTENT = 4
ITEMS = ("support", "communication", "outcomes", "overall")
"""The survey's items from 1 to 5."""


def response_facts(interactions: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Everything that was asked, on the day it was: ``hours`` to the answer.

    A request still open has ``is_waiting`` 1 and its age so far, at the start of the as-of day.
    Answers before the question and questions after as-of are left out.
    """
    import numpy as np

    asked, answered = moments(interactions, "asked_at"), moments(interactions, "answered_at")
    now = np.datetime64(period.as_of, "us")
    waiting = np.isnat(answered) | (answered >= now + np.timedelta64(1, "D"))
    took = np.where(waiting, np.maximum(now - asked, np.timedelta64(0, "us")), answered - asked)
    hours = took / np.timedelta64(1, "h")
    columns: dict[str, Array | Labels] = {
        "partner_id": labels(interactions, "partner_id"),
        "hours": np.where(hours >= 0, rounded(hours), np.nan),
        "is_waiting": waiting.astype("int8"),
    }
    frame = dated(columns, days(interactions, "asked_at"), period)
    return frame[frame["hours"].notna()]


def interaction_facts(interactions: pd.DataFrame, period: Period) -> pd.DataFrame:
    """What happened by as-of, on its day, as 0/1 columns.

    ``is_attended``: scheduled and the partner came. ``is_documented``: a decision or agreement
    written down. ``is_early``: an issue that the partner raised before it became due.
    """
    kind, day = labels(interactions, "kind"), days(interactions, "date")
    scheduled = _yes(interactions, "scheduled")
    decision, issue = kind.among(("decision",)), kind.among(("issue",))
    theirs = labels(interactions, "direction").among(("theirs",))
    tests = {
        "is_scheduled": scheduled,
        "is_attended": scheduled & _yes(interactions, "attended"),
        "is_decision": decision,
        "is_documented": decision & _yes(interactions, "documented"),
        "is_issue": issue,
        "is_early": issue & theirs & _yes(interactions, "raised_early"),
    }
    columns: dict[str, Array | Labels] = {"partner_id": labels(interactions, "partner_id")}
    columns |= {name: test.astype("int8") for name, test in tests.items()}
    past = day <= day_number(period.as_of)
    return dated({name: column[past] for name, column in columns.items()}, day[past], period)


def feedback_facts(
    interactions: pd.DataFrame, surveys: pd.DataFrame, period: Period
) -> pd.DataFrame:
    """Feedback logged and comments in surveys, on their day; ``is_replied`` where one was sent."""
    import numpy as np

    logged = labels(interactions, "kind").among(("feedback",))
    told = ~labels(surveys, "comment").among((None,))
    partner = joined(
        labels(interactions, "partner_id")[logged], labels(surveys, "partner_id")[told]
    )
    replied = [_yes(interactions, "reply_sent")[logged], _yes(surveys, "reply_sent")[told]]
    day = np.append(days(interactions, "date")[logged], days(surveys, "date")[told])
    columns: dict[str, Array | Labels] = {
        "partner_id": partner,
        "is_replied": np.concatenate(replied).astype("int8"),
    }
    return dated(columns, day, period)


def survey_facts(surveys: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Survey answers on their day.

    ``of_partner`` and ``of_customer`` say who answered. ``recommend`` is 0 to 10, with
    ``is_promoter`` (9, 10) and ``is_detractor`` (0 to 6). ``satisfaction`` is 0 to 100 over the
    items from 1 to 5 that are filled, if at least half are. ``is_content``: 4 or 5 in all.
    ``recalls`` and the waves ``is_pre`` and ``is_post`` are of brand recall. ``is_latest``: no
    later recommendation is known by the period's end of who answered.
    """
    import numpy as np

    group, wave = labels(surveys, "group"), labels(surveys, "wave")
    recommend, overall = numbers(surveys, "recommend"), numbers(surveys, "overall")
    items = np.stack([numbers(surveys, name) for name in ITEMS])
    filled = (~np.isnan(items)).sum(axis=0)
    enough = filled * 2 >= len(ITEMS)
    mean = np.nansum(items, axis=0) / np.where(enough, filled, np.nan)
    recall = numbers(surveys, "brand_recall")
    tests = {
        "of_partner": group.among(("partner",)),
        "of_customer": group.among(("customer",)),
        "is_promoter": recommend >= _PROMOTES,
        "is_detractor": recommend <= _DETRACTS,
        "is_content": overall >= _CONTENT,
        "is_latest": _latest(surveys, recommend, period),
        "recalls": recall == 1,
        "is_pre": wave.among(("pre",)),
        "is_post": wave.among(("post",)),
    }
    columns: dict[str, Array | Labels] = {
        "partner_id": labels(surveys, "partner_id"),
        "recommend": recommend,
        "overall": overall,
        "satisfaction": rounded(25 * (mean - 1)),
        "recall": recall,
    }
    columns |= {name: test.astype("int8") for name, test in tests.items()}
    return dated(columns, days(surveys, "date"), period)


def _latest(surveys: pd.DataFrame, recommend: Array, period: Period) -> Array:
    """Whether a recommendation is the last of its respondent about the partner in the period.

    An answer whose respondent is not told stands for itself. Of one day the greater id is later.
    """
    import pandas as pd

    who = labels(surveys, "respondent")
    who = who.mapped({text: plain(text) for text in who.distinct if text})
    day = days(surveys, "date")
    told = pd.DataFrame(
        {
            "partner": labels(surveys, "partner_id").codes,
            "group": labels(surveys, "group").codes,
            "who": who.codes,
            "day": day,
            "id": labels(surveys, "response_id").categories().astype(str),
        }
    )
    named = ~who.among((None,)) & (day <= day_number(period.now.end)) & (recommend >= 0)
    ranked = told[named].sort_values(["day", "id"], kind="stable")
    earlier = ranked.index[ranked.duplicated(["partner", "group", "who"], keep="last")]
    latest: Array = ~told.index.isin(earlier)
    return latest


def _yes(frame: pd.DataFrame, column: str) -> Array:
    told: Array = numbers(frame, column) == 1
    return told
