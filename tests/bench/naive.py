"""The yardstick: the script that an analyst writes today to clean a tracker and report its KPIs.

pandas reads the tabs (openpyxl engine), a pydantic model checks and cleans every row in a loop,
each KPI is one groupby, openpyxl opens the workbook again, takes the cleaned cells, an Issues
sheet, a summary and a monthly sheet, and saves. Written as well as this way allows: one pass over
the file for all tabs, dicts instead of ``iterrows``, only changed cells written. The cleaning
rules are those of the tracker (spaces, case, aliases, numbers and dates in text); a row with an
unreadable cell counts in no KPI and is listed on Issues.

Run ``python tests/bench/naive.py IN.xlsx OUT.xlsx --as-of 2026-06-30``; prints programme totals.
It shares no code with sheetsync, on purpose.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
import pandas as pd
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)

TITLES = {
    "partners": "Partners",
    "deals": "Deals",
    "money": "Money",
    "activity": "Activity",
    "interactions": "Interactions",
    "plan": "Plan",
}
STAGE_PROBABILITY = {"lead": 0.10, "qualified": 0.25, "proposal": 0.50, "negotiation": 0.75}
ALIASES = {"closed won": "won", "closed lost": "lost", "y": "yes", "n": "no"}
COUNTRY_CODES = {
    "germany": "DE",
    "france": "FR",
    "netherlands": "NL",
    "spain": "ES",
    "italy": "IT",
    "sweden": "SE",
    "united states": "US",
    "canada": "CA",
}
REVENUE = ("sale", "renewal", "refund")
COST = (
    "fee",
    "commission",
    "mdf",
    "incentive",
    "onboarding",
    "staff_time",
    "product",
    "other_cost",
)
ENGAGED = ["likes", "comments", "shares"]
WEEKS, WEEKS_IN_MONTH = 104.3, 4.345

Frames = dict[str, pd.DataFrame]
T = TypeVar("T")


# ---- cleaning: what a cell may look like, and what it means -------------------------------------


def trimmed(value: Any) -> Any:
    """Strip spaces and no-break spaces; a blank is None."""
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, str):
        return value.replace("\u00a0", " ").strip() or None
    return value


def worded(value: Any) -> Any:
    """A picklist value: trimmed, lower case, aliases resolved."""
    value = trimmed(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        return value
    folded = value.casefold()
    return ALIASES.get(folded, folded)


def coded(value: Any) -> Any:
    """A country or currency code in upper case; a country's name becomes its code."""
    value = trimmed(value)
    return COUNTRY_CODES.get(value.casefold(), value.upper()) if isinstance(value, str) else value


def number(thousands: str, decimal: str) -> Callable[[Any], Any]:
    """Return a reader of numbers in text with these marks."""

    def read(value: Any) -> Any:
        value = trimmed(value)
        if not isinstance(value, str):
            return value
        return value.replace(thousands, "").replace(decimal, ".")

    return read


def moment(*formats: str) -> Callable[[Any], Any]:
    """Return a reader of dates in text, in the first of the formats that fits."""

    def read(value: Any) -> Any:
        value = trimmed(value)
        if not isinstance(value, str):
            return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
        for one in formats:
            try:
                return datetime.strptime(value, one)
            except ValueError:
                continue
        raise ValueError(f"not a date: {value}")

    return read


def known_partner(value: Any, info: ValidationInfo) -> Any:
    """A partner id that stands on Partners."""
    value = trimmed(value)
    if value is not None and info.context and value not in info.context:
        raise ValueError(f"no such partner: {value}")
    return value


Text = Annotated[str | None, BeforeValidator(trimmed)]
Id = Annotated[str, BeforeValidator(trimmed)]
PartnerId = Annotated[str, BeforeValidator(known_partner)]
Code = Annotated[str | None, BeforeValidator(coded)]
PointMoney = Annotated[float | None, BeforeValidator(number(",", ".")), Field(ge=0)]
CommaMoney = Annotated[float, BeforeValidator(number(".", ",")), Field(ge=0)]
Count = Annotated[float | None, BeforeValidator(number(",", ".")), Field(ge=0)]
Iso = Annotated[datetime | None, BeforeValidator(moment("%Y-%m-%d", "%Y-%m-%d %H:%M"))]
DayFirst = Annotated[datetime | None, BeforeValidator(moment("%d/%m/%Y", "%Y-%m-%d"))]
MonthFirst = Annotated[datetime | None, BeforeValidator(moment("%m/%d/%Y", "%Y-%m-%d"))]
Month = Annotated[datetime, BeforeValidator(moment("%Y-%m", "%Y-%m-%d"))]
Word = Annotated[str | None, BeforeValidator(worded)]


class Partner(BaseModel):
    """A row of Partners."""

    partner_id: Id
    partner_name: Id
    partner_type: Annotated[
        Literal[
            "influencer",
            "affiliate",
            "reseller",
            "referral",
            "technology",
            "service",
            "strategic",
            "marketplace",
        ],
        BeforeValidator(worded),
    ]
    status: Annotated[
        Literal["prospect", "onboarding", "active", "paused", "ended"], BeforeValidator(worded)
    ]
    owner: Id
    relationship: Word = None
    importance: Word = None
    country: Code = None
    segment: Text = None
    start_date: Iso = None
    contract_status: Word = None


class Deal(BaseModel):
    """A row of Deals."""

    deal_id: Id
    partner_id: PartnerId
    role: Annotated[
        Literal["sourced", "influenced", "delivered", "co-sell"], BeforeValidator(worded)
    ]
    stage: Annotated[
        Literal["lead", "qualified", "proposal", "negotiation", "won", "lost"],
        BeforeValidator(worded),
    ]
    created: DayFirst
    amount: PointMoney = None
    currency: Code = None
    account: Text = None
    customer_id: Text = None
    country: Code = None
    segment: Text = None
    product: Text = None
    deal_type: Word = None
    expected_close: Iso = None
    closed: MonthFirst = None
    reason: Text = None
    lead_date: DayFirst = None
    campaign: Text = None

    @model_validator(mode="after")
    def closed_in_order(self) -> Deal:
        """A closed deal has a closing date, on or after its creation."""
        if self.stage in ("won", "lost") and self.closed is None:
            raise ValueError("closed is missing")
        if self.closed and self.created and self.closed < self.created:
            raise ValueError("closed before created")
        return self


class Money(BaseModel):
    """A row of Money."""

    entry_id: Id
    date: DayFirst
    partner_id: PartnerId
    kind: Annotated[Literal[REVENUE + COST], BeforeValidator(worded)]  # type: ignore[valid-type]
    amount: CommaMoney
    currency: Code = None
    deal_id: Text = None
    product: Text = None
    document: Text = None
    recurring: Word = None


class Activity(BaseModel):
    """A row of Activity."""

    partner_id: PartnerId
    month: Month
    channel: Text = None
    campaign: Text = None
    posts: Count = None
    impressions: Count = None
    likes: Count = None
    comments: Count = None
    shares: Count = None
    clicks: Count = None
    conversions: Count = None
    leads: Count = None
    qualified_leads: Count = None
    training_assigned: Count = None
    training_done: Count = None
    invited: Count = None
    joined: Count = None


class Interaction(BaseModel):
    """A row of Interactions."""

    interaction_id: Id
    partner_id: PartnerId
    date: Iso
    kind: Word
    direction: Word = None
    asked_at: Iso = None
    answered_at: Iso = None
    summary: Text = None


class Item(BaseModel):
    """A row of Plan."""

    item_id: Id
    partner_id: PartnerId
    kind: Word
    title: Id
    owner: Text = None
    start: Iso = None
    due: Iso
    done: Iso = None
    status: Word = None
    weight: Count = 1


MODELS: dict[str, type[BaseModel]] = {
    "partners": Partner,
    "deals": Deal,
    "money": Money,
    "activity": Activity,
    "interactions": Interaction,
    "plan": Item,
}


def read(path: str) -> Frames:
    """Read the entry tabs in one pass over the file; headers become column keys."""
    sheets = pd.read_excel(
        path,
        sheet_name=list(TITLES.values()),
        engine="openpyxl",
        dtype=object,
        keep_default_na=False,
        na_values=[""],
    )
    return {tab: keyed(sheets[title]) for tab, title in TITLES.items()}


def keyed(frame: pd.DataFrame) -> pd.DataFrame:
    """Name columns by key: ``Partner ID`` is ``partner_id``; blank rows go."""
    names = [str(c).strip(" *").lower().replace(" ", "_").replace("-", "_") for c in frame.columns]
    return frame.set_axis(names, axis=1).dropna(how="all")


def validate(
    tab: str, frame: pd.DataFrame, partners: set[str] | None
) -> tuple[pd.DataFrame, list[list[Any]], list[tuple[int, str, Any]]]:
    """Check every row; return the good rows, the issues and the cells that changed."""
    model = MODELS[tab]
    good, issues, changed = [], [], []
    keys = [key for key in frame.columns if key in model.model_fields]
    for at, row in zip(frame.index + 2, frame[keys].to_dict("records"), strict=True):
        try:
            clean = model.model_validate(row, context=partners).model_dump()
        except ValidationError as error:
            issues += [
                [TITLES[tab], at, ".".join(map(str, e["loc"])), str(e["input"])[:60], e["msg"]]
                for e in error.errors()
            ]
            continue
        good.append(clean)
        changed += [(at, key, clean[key]) for key in keys if differs(row[key], clean[key])]
    return pd.DataFrame(good, columns=list(model.model_fields)), issues, changed


def differs(found: Any, clean: Any) -> bool:
    """Whether the cell must be written."""
    if isinstance(found, str):
        return found != clean
    return clean is not None and isinstance(found, bool)


# ---- KPIs: one groupby each ---------------------------------------------------------------------


def month_of(dates: pd.Series) -> pd.Series:
    """yyyymm of dates."""
    stamps = pd.to_datetime(dates)
    return stamps.dt.year * 100 + stamps.dt.month


def prepare(frames: Frames, as_of: datetime) -> Frames:
    """Add the columns that several KPIs use; plan items not due yet go."""
    deals, money = frames["deals"], frames["money"]
    deals["month"] = month_of(deals["closed"])
    deals["days"] = (pd.to_datetime(deals["closed"]) - pd.to_datetime(deals["created"])).dt.days
    deals["weighted"] = deals["amount"] * deals["stage"].map(STAGE_PROBABILITY)
    money["month"] = month_of(money["date"])
    frames["revenue"] = revenue_rows(deals, money)
    activity = frames["activity"]
    activity["month"] = month_of(activity["month"])
    activity["engaged"] = activity[ENGAGED].sum(axis=1)
    plan = frames["plan"][pd.to_datetime(frames["plan"]["due"]) <= as_of].copy()
    plan["month"] = month_of(plan["due"])
    plan["on_time"] = (pd.to_datetime(plan["done"]) <= pd.to_datetime(plan["due"])).astype(float)
    plan["done_weight"] = plan["weight"].where(plan["status"] == "done", 0)
    frames["due"] = plan
    asks = frames["interactions"]
    asks["month"] = month_of(asks["asked_at"])
    waited = pd.to_datetime(asks["answered_at"]) - pd.to_datetime(asks["asked_at"])
    asks["hours"] = waited.dt.total_seconds() / 3600
    return frames


def revenue_rows(deals: pd.DataFrame, money: pd.DataFrame) -> pd.DataFrame:
    """Revenue entries, and won deals without a sale; only what a partner sourced is its own."""
    entries = money[money["kind"].isin(REVENUE)].merge(
        deals[["deal_id", "role"]], on="deal_id", how="left"
    )
    entries["signed"] = entries["amount"].where(entries["kind"] != "refund", -entries["amount"])
    sold = entries.loc[entries["kind"] != "refund", "deal_id"]
    won = deals[(deals["stage"] == "won") & ~deals["deal_id"].isin(sold)]
    won = won.assign(signed=won["amount"], kind="sale")
    columns = ["partner_id", "month", "kind", "role", "amount", "signed"]
    rows = pd.concat([entries[columns], won[columns]])
    rows["sourced"] = rows["role"].fillna("sourced") == "sourced"
    return rows


def kpis_by(frames: Frames, by: list[str]) -> dict[str, pd.Series]:
    """The KPIs that exist per partner and per partner and month."""
    activity, asks, plan = frames["activity"], frames["interactions"], frames["due"]
    revenue = frames["revenue"][frames["revenue"]["sourced"]]
    costs = frames["money"][frames["money"]["kind"].isin(COST)]
    sales, refunds = revenue[revenue["kind"] != "refund"], revenue[revenue["kind"] == "refund"]
    out: dict[str, pd.Series] = {}
    out["F01"] = revenue.groupby(by)["signed"].sum()
    out["F04"] = refunds.groupby(by)["amount"].sum() / sales.groupby(by)["amount"].sum()
    out["F04n"] = refunds.groupby(by).size() / sales.groupby(by).size()
    out["F05"] = costs.groupby(by)["amount"].sum()
    if by[1:]:
        out["F09"] = out["F01"].div(frames["revenue"].groupby("month")["signed"].sum(), level=1)
    else:
        out["F09"] = out["F01"] / frames["revenue"]["signed"].sum()
    out["S01"] = activity.groupby(by)["leads"].sum()
    out["S02"] = activity.groupby(by)["qualified_leads"].sum()
    out["E01"] = activity.groupby(by)["impressions"].sum()
    out["E03"] = activity.groupby(by)["engaged"].sum() / out["E01"]
    clicks = activity.groupby(by)["clicks"].sum()
    out["E05"] = clicks / out["E01"]
    out["E06"] = activity.groupby(by)["conversions"].sum() / clicks
    out["E08"] = activity.groupby(by)["posts"].sum() / (WEEKS_IN_MONTH if by[1:] else WEEKS)
    out["R04"] = asks.groupby(by)["hours"].median()
    out["R04p"] = asks.groupby(by)["hours"].quantile(0.9)
    out["R10"] = plan.groupby(by)["on_time"].mean()
    return out


def monthly_of(frames: Frames) -> pd.DataFrame:
    """One row per partner and month, one column per KPI."""
    return finite(kpis_by(frames, ["partner_id", "month"]))


def summary_of(frames: Frames, as_of: datetime) -> pd.DataFrame:
    """One row per partner, one column per KPI: those above and those that have no month."""
    by = "partner_id"
    deals, activity, plan = frames["deals"], frames["activity"], frames["due"]
    out = kpis_by(frames, [by])
    out["F06"] = out["F01"] / out["F05"]
    out["F07"] = (out["F01"] - out["F05"]) / out["F05"]
    won, lost = deals[deals["stage"] == "won"], deals[deals["stage"] == "lost"]
    firsts = won.sort_values("closed").drop_duplicates("customer_id")
    out["F08"] = out["F05"] / firsts[firsts["role"] == "sourced"].groupby(by).size()
    out["F19"] = growth(frames["revenue"], as_of)
    out["S03"] = deals[deals["lead_date"].notna()].groupby(by).size() / out["S01"]
    openly = deals[deals["stage"].isin(STAGE_PROBABILITY)]
    out["S04"] = openly.groupby(by)["amount"].sum()
    out["S05"] = openly.groupby(by)["weighted"].sum()
    out["S11"] = openly[openly["role"] == "co-sell"].groupby(by)["amount"].sum()
    closed_n = pd.concat([won, lost]).groupby(by).size()
    out["S06"] = won.groupby(by).size().reindex(closed_n.index, fill_value=0) / closed_n
    out["S06_low"], out["S06_high"] = wilson(out["S06"], closed_n)
    out["S08"] = won.groupby(by)["amount"].mean()
    out["S08m"] = won.groupby(by)["amount"].median()
    out["S09"] = won.groupby(by)["days"].median()
    out["S09m"] = won.groupby(by)["days"].mean()
    done, assigned = (activity.groupby(by)[f"training_{x}"].sum() for x in ("done", "assigned"))
    out["P01"] = done / assigned
    out["P03"] = activity.groupby(by)["joined"].sum() / activity.groupby(by)["invited"].sum()
    milestones = plan[plan["kind"] == "milestone"]
    out["T01"] = (
        milestones.groupby(by)["done_weight"].sum() / milestones.groupby(by)["weight"].sum()
    )
    for tab, model in (("deals", Deal), ("money", Money), ("plan", Item)):
        needed = [k for k, field in model.model_fields.items() if field.is_required() and k != by]
        filled = frames[tab].set_index(by)[needed].notna()
        out[f"T10_{tab}"] = filled.groupby(level=0).mean().mean(axis=1)
    return finite(out).reindex(frames["partners"][by])


def finite(columns: dict[str, pd.Series]) -> pd.DataFrame:
    """A frame of the columns; a rate without a base is blank."""
    return pd.DataFrame(columns).replace([np.inf, -np.inf], np.nan)


def growth(revenue: pd.DataFrame, as_of: datetime) -> pd.Series:
    """Revenue of the last twelve months against the twelve before, per partner."""
    last = as_of.year * 100 + as_of.month
    mine = revenue[revenue["sourced"]]
    now = mine[mine["month"] > last - 100].groupby("partner_id")["signed"].sum()
    then = mine[(mine["month"] > last - 200) & (mine["month"] <= last - 100)]
    before = then.groupby("partner_id")["signed"].sum()
    return ((now - before) / before).where(before > 0)


def wilson(share: pd.Series, n: pd.Series) -> tuple[pd.Series, pd.Series]:
    """95 % interval of a share."""
    z = 1.959963984540054
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return middle - half, middle + half


def programme(frames: Frames, summary: pd.DataFrame, as_of: datetime) -> dict[str, float]:
    """KPIs over all partners."""
    money, partners = frames["money"], frames["partners"]
    totals = {key: float(summary[key].sum()) for key in ("F01", "F05", "S01", "S02", "S04", "S05")}
    recent = money[pd.to_datetime(money["date"]) > as_of - pd.Timedelta(days=90)]
    signed = partners[partners["contract_status"] == "signed"]
    active = signed["partner_id"].isin(recent["partner_id"])
    totals["P04"] = float(active.mean())
    totals["F17"] = totals["F01"] / max(int(active.sum()), 1)
    ranked = summary["F01"].dropna().clip(lower=0).sort_values(ascending=False)
    shares = ranked / ranked.sum()
    totals["F20"] = float(shares.head(-(-len(shares) // 5)).sum())
    totals["F20a"] = float((shares.cumsum() < 0.8).sum() + 1)
    totals["F20b"] = gini(ranked.to_numpy())
    totals["F20c"] = float((shares**2).sum())
    return totals


def gini(values: np.ndarray) -> float:
    """The Gini coefficient of amounts."""
    ordered = np.sort(values)
    n = len(ordered)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * ordered.sum()))


# ---- writing back -------------------------------------------------------------------------------


def write(
    path: str,
    out: str,
    changed: dict[str, list[tuple[int, str, Any]]],
    issues: list[list[Any]],
    sheets: dict[str, pd.DataFrame],
) -> None:
    """Open the workbook, set the cleaned cells, replace the computed sheets, save."""
    book = load_workbook(path)
    for tab, cells in changed.items():
        sheet = book[TITLES[tab]]
        at = {name: i for i, name in enumerate(keyed_headers(sheet), start=1)}
        for row, key, value in cells:
            sheet.cell(row, at[key]).value = value
    fill(fresh(book, "Naive Issues"), [["Tab", "Row", "Column", "Found", "What is wrong"], *issues])
    for title, frame in sheets.items():
        table = frame.reset_index()
        rows = table.astype(object).where(table.notna(), None).to_numpy().tolist()
        fill(fresh(book, title), [list(table.columns), *rows])
    book.save(out)


def keyed_headers(sheet: Worksheet) -> list[str]:
    """The keys of a sheet's columns."""
    names = next(sheet.iter_rows(max_row=1, values_only=True))
    return [str(c).strip(" *").lower().replace(" ", "_").replace("-", "_") for c in names]


def fresh(book: Any, title: str) -> Worksheet:
    """An empty sheet of that title."""
    if title in book.sheetnames:
        del book[title]
    return book.create_sheet(title)


def fill(sheet: Worksheet, rows: Iterable[list[Any]]) -> None:
    """Append all rows."""
    for row in rows:
        sheet.append(row)


def cleaned(
    path: str,
) -> tuple[Frames, list[list[Any]], dict[str, list[tuple[int, str, Any]]]]:
    """Read and validate all tabs: the good rows, the issues, the changed cells by tab."""
    frames: Frames = {}
    issues: list[list[Any]] = []
    changed = {}
    partners: set[str] | None = None
    for tab, frame in read(path).items():
        frames[tab], found, changed[tab] = validate(tab, frame, partners)
        issues += found
        partners = set(frames["partners"]["partner_id"])
    return frames, issues, changed


def run(path: str, out: str, as_of: datetime) -> dict[str, Any]:
    """Clean, measure and write; return the programme totals and counts."""
    frames, issues, changed = cleaned(path)
    rows = {tab: len(frame) for tab, frame in frames.items()}
    prepare(frames, as_of)
    summary, monthly = summary_of(frames, as_of), monthly_of(frames)
    write(path, out, changed, issues, {"Naive Summary": summary, "Naive Monthly": monthly})
    return {
        "programme": programme(frames, summary, as_of),
        "issues": len(issues),
        "changed": sum(map(len, changed.values())),
        "rows": rows,
    }


def main() -> None:
    """Run on the files named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    told = parser.parse_args()
    as_of = datetime(told.as_of.year, told.as_of.month, told.as_of.day)
    print(json.dumps(run(told.source, told.target, as_of)))


if __name__ == "__main__":
    main()
