"""Facts outside the workbook: files of touches, deals and money, used together with the tabs.

The files are named on Settings and never loaded: the engine reads them in place, and what is asked
of them beforehand is small. See ``sheetsync.measure.outside_views`` for the facts made of them.
"""

# ruff: noqa: S608 -- names are ours, texts are quoted
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sheetsync.measure.frames import day_number, framed, used
from sheetsync.measure.labels import Labels, joined, labels
from sheetsync.measure.money import OWN_SALES
from sheetsync.measure.period import Period
from sheetsync.measure.sales import joint_campaigns
from sheetsync.model.engine import Engine, FactColumn, FactFile, FactKind
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.results import Cleaned
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import Tracker, plain

if TYPE_CHECKING:
    import pandas as pd

_TEXT = FactColumn()
_ID = FactColumn(required=True)
_DAY = FactColumn(FactKind.DAY)
_AMOUNT = FactColumn(FactKind.NUMBER, required=True)
_ON = FactColumn(FactKind.DAY, required=True)

COLUMNS: Mapping[str, Mapping[str, FactColumn]] = {
    "touches": {
        "deal_id": _ID, "partner_id": _ID, "date": _ON, "kind": _TEXT, "mark": _TEXT, "role": _TEXT,
    },
    "deals": {
        "deal_id": _ID, "partner_id": _ID, "stage": _ID, "amount": _AMOUNT, "closed": _ON,
        "created": _DAY, "currency": _TEXT, "role": _TEXT, "account": _TEXT, "customer_id": _TEXT,
        "deal_type": _TEXT, "product": _TEXT, "country": _TEXT, "segment": _TEXT,
        "campaign": _TEXT, "lead_date": _DAY,
    },
    "money": {
        "partner_id": _ID, "date": _ON, "kind": _ID, "amount": _AMOUNT, "deal_id": _TEXT,
        "currency": _TEXT, "customer_id": _TEXT, "product": _TEXT, "upsell_flag": _TEXT,
        "one_off": _TEXT, "recurring": _TEXT, "campaign": _TEXT,
    },
}  # fmt: skip
"""Columns of each file, by the keys of the tab that it adds to."""


@dataclass(frozen=True, slots=True)
class Outside:
    """The files that can be used, by tab key, and what was found.

    ``known`` are the partners and own sales with type and ``is_partner``, ``deal_ids`` the ids on
    Deals. ``sold`` are those of them with a sale in the files, ``not_sourced`` deals of the files
    in another role that rows of Money name, ``earliest`` is the first day with revenue there,
    ``active`` are partners with revenue there in the active window, ``campaigns`` those of the
    files that are campaigns of partners. ``repeated``: ids of deals stand more than once.
    """

    files: Mapping[str, FactFile] = field(default_factory=dict)
    known: pd.DataFrame | None = None
    deal_ids: pd.DataFrame | None = None
    problems: tuple[Problem, ...] = ()
    sold: frozenset[str] = frozenset()
    not_sourced: frozenset[str] = frozenset()
    earliest: int | None = None
    active: frozenset[str] = frozenset()
    campaigns: pd.DataFrame | None = None
    repeated: bool = False

    def __bool__(self) -> bool:
        return bool(self.files)


def outside(
    cleaned: Cleaned, tracker: Tracker, settings: Settings, period: Period, engine: Engine
) -> Outside:
    """Check the files that the settings name, and ask them what the workbook's facts depend on."""
    named = {tab: str(getattr(settings, f"facts_{tab}")).strip() for tab in COLUMNS}
    told = {tab: FactFile(path, COLUMNS[tab]) for tab, path in named.items() if path}
    if not told:
        return Outside()
    checks = {tab: engine.check(file) for tab, file in told.items()}
    files = {tab: file for tab, file in told.items() if not checks[tab].refused}
    known, deal_ids = _known(cleaned), _deal_ids(cleaned, "deals")
    problems = [
        _problem(tab, "facts_unreadable", Severity.ERROR, told[tab], f"{check.refused}: not used.")
        for tab, check in checks.items()
        if check.refused
    ]
    for tab, file in files.items():
        problems += _odd(tab, file, checks[tab].odd)
        problems += _strays(tab, file, known, engine)
    repeated = tuple(_repeated(files, engine))
    won = [c.value for c in tracker.lists["stage"] if c.group == "won"]
    sold, earliest, active = _revenue(files, deal_ids, won, settings, period, engine)
    others = _not_sourced(files, deal_ids, _deal_ids(cleaned, "money"), engine)
    return Outside(
        files,
        known,
        deal_ids,
        (*problems, *repeated),
        sold,
        others,
        earliest,
        active,
        _campaigns(files, cleaned, engine),
        bool(repeated),
    )


def _repeated(files: Mapping[str, FactFile], engine: Engine) -> Iterator[Problem]:
    if "deals" in files:
        text = "SELECT COUNT(deal_id) - COUNT(DISTINCT deal_id) AS often FROM outside_deals"
        count = int(engine.run(text, {"outside_deals": files["deals"]})["often"].iloc[0])
        if count:
            words = f"{count} rows have a deal_id that stands before them in the file: left out."
            yield _problem("deals", "facts_repeated", Severity.WARNING, files["deals"], words)


def _campaigns(files: Mapping[str, FactFile], cleaned: Cleaned, engine: Engine) -> pd.DataFrame:
    """The campaigns in the files that Activity names too."""
    import pandas as pd

    joint = joint_campaigns(used(cleaned, "activity"))
    told: set[str] = set()
    for tab, file in files.items() if joint else ():
        if "campaign" in COLUMNS[tab]:
            text = "SELECT DISTINCT campaign FROM outside_file WHERE campaign IS NOT NULL"
            told |= set(engine.run(text, {"outside_file": file})["campaign"])
    chosen = sorted(c for c in told if plain(c) in joint)
    return pd.DataFrame({"campaign": pd.Series(chosen, dtype=object)})


def _known(cleaned: Cleaned) -> pd.DataFrame:
    import numpy as np

    partners = used(cleaned, "partners")
    ids = labels(partners, "partner_id")
    listed = ~ids.among({None, OWN_SALES})
    own = Labels(np.zeros(1, dtype="int64"), (OWN_SALES, None))
    nothing = Labels(np.zeros(1, dtype="int64"), (None,))
    frame = framed(
        {
            "partner_id": joined(ids[listed], own),
            "partner_type": joined(labels(partners, "partner_type")[listed], nothing),
        }
    ).drop_duplicates("partner_id")
    return frame.assign(is_partner=(frame["partner_id"] != OWN_SALES).astype("int8"))


def _deal_ids(cleaned: Cleaned, tab: str) -> pd.DataFrame:
    ids = labels(used(cleaned, tab), "deal_id")
    return framed({"deal_id": ids[~ids.among((None,))]}).drop_duplicates()


def _problem(tab: str, code: str, severity: Severity, file: FactFile, words: str) -> Problem:
    name = f"facts_{tab}"
    return Problem(code, severity, "settings", name, 0, "value", file.path, f"{name}: {words}")


def _odd(tab: str, file: FactFile, odd: Mapping[str, int]) -> Iterator[Problem]:
    for column, count in odd.items():
        kind = file.columns[column].kind
        words = (
            f"{count} filled {'cell' if count == 1 else 'cells'} of {column} cannot be read as a "
            f"{kind.value} and {'counts' if count == 1 else 'count'} as blank."
        )
        yield _problem(tab, "facts_odd_cells", Severity.WARNING, file, words)


def _strays(tab: str, file: FactFile, known: pd.DataFrame, engine: Engine) -> Iterator[Problem]:
    """Rows of partners that Partners does not list: left out, like those of a tab."""
    told = engine.run(
        "SELECT COUNT(*) AS often, MIN(f.partner_id) AS one FROM outside_file AS f LEFT JOIN known "
        "AS k ON f.partner_id = k.partner_id WHERE k.partner_id IS NULL",
        {"outside_file": file, "known": known},
    )
    count = int(told["often"].iloc[0])
    if count:
        words = f"{count} rows are of partners that Partners does not list"
        named = told["one"].iloc[0]
        words += f", such as {named}" if isinstance(named, str) else ""
        yield _problem(tab, "facts_unknown", Severity.WARNING, file, f"{words}: left out.")


def _not_sourced(
    files: Mapping[str, FactFile], deal_ids: pd.DataFrame, named: pd.DataFrame, engine: Engine
) -> frozenset[str]:
    if "deals" not in files:
        return frozenset()
    told = engine.run(
        "SELECT DISTINCT n.deal_id FROM outside_deals AS f INNER JOIN named AS n "
        "ON f.deal_id = n.deal_id LEFT JOIN deal_ids AS t ON f.deal_id = t.deal_id "
        "WHERE t.deal_id IS NULL AND LOWER(f.role) <> 'sourced'",
        {"outside_deals": files["deals"], "named": named, "deal_ids": deal_ids},
    )
    return frozenset(told["deal_id"])


def _revenue(
    files: Mapping[str, FactFile],
    deal_ids: pd.DataFrame,
    won: list[str],
    settings: Settings,
    period: Period,
    engine: Engine,
) -> tuple[frozenset[str], int | None, frozenset[str]]:
    """Deals of the workbook sold in the files, the first day of revenue, and active partners."""
    parts = []
    if "money" in files:
        parts.append(
            "SELECT partner_id, deal_id, date AS day, 1 AS is_sale FROM outside_money "
            "WHERE LOWER(kind) IN ('sale', 'renewal') UNION ALL SELECT partner_id, deal_id, "
            "date AS day, 0 AS is_sale FROM outside_money WHERE LOWER(kind) = 'refund'"
        )
    if "deals" in files:
        stages = ", ".join(f"'{stage}'" for stage in won)
        parts.append(
            "SELECT partner_id, deal_id, closed AS day, 0 AS is_sale FROM outside_deals "
            f"WHERE LOWER(stage) IN ({stages})"
        )
    if not parts:
        return frozenset(), None, frozenset()
    last = day_number(period.as_of)
    rows = f"WITH events AS ({' UNION ALL '.join(parts)})"
    relations = {f"outside_{tab}": file for tab, file in files.items()}
    sold = engine.run(
        f"{rows} SELECT DISTINCT t.deal_id FROM events AS e INNER JOIN deal_ids AS t "
        "ON e.deal_id = t.deal_id WHERE e.is_sale = 1",
        {**relations, "deal_ids": deal_ids},
    )
    first = engine.run(f"{rows} SELECT MIN(day) AS day FROM events", relations)["day"].iloc[0]
    active = engine.run(
        f"{rows} SELECT DISTINCT partner_id FROM events WHERE day BETWEEN "
        f"{last - settings.active_window_days + 1} AND {last} AND partner_id IS NOT NULL",
        relations,
    )
    earliest = None if first is None or first != first else int(first)  # noqa: PLR0124 -- NaN
    return frozenset(sold["deal_id"]), earliest, frozenset(active["partner_id"])
