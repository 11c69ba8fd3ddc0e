"""The yardstick: the script that an analyst writes today to clean a tracker and report its KPIs.

pandas reads the tabs (openpyxl engine); for each row of ``frame.iterrows()`` a pydantic model
checks and cleans ``row.to_dict()``; each KPI is one groupby; openpyxl opens the workbook again,
takes the cleaned cells, an Issues sheet, a summary and a monthly sheet, and saves. That row loop
is the design's definition of the naive script, for it is what people write first. ``--tuned``
makes dicts of all rows at once instead, as those write who have measured; the benchmark tells
both. All else is written as well as this way allows: one pass over the file for all tabs, only
changed cells written. The cleaning rules are those of the tracker; a row with an unreadable cell
counts in no KPI and is listed on Issues.

Run ``python tests/bench/naive.py IN.xlsx OUT.xlsx --as-of 2026-06-30 [--tuned]``; prints
programme totals. It shares no code with sheetsync, on purpose.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import pandas as pd
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from pydantic import ValidationError

from tests.bench.naive_kpis import Frames, monthly_of, prepare, programme, summary_of
from tests.bench.naive_rows import MODELS

TITLES = {
    "partners": "Partners",
    "deals": "Deals",
    "money": "Money",
    "activity": "Activity",
    "interactions": "Interactions",
    "plan": "Plan",
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


def records(frame: pd.DataFrame, *, tuned: bool) -> Iterator[dict[str, Any]]:
    """The rows as dicts, by key: with ``iterrows``, or (tuned) all at once."""
    if tuned:
        yield from frame.to_dict("records")
        return
    for _, row in frame.iterrows():
        yield row.to_dict()


def validate(
    tab: str, frame: pd.DataFrame, partners: set[str] | None, *, tuned: bool = False
) -> tuple[pd.DataFrame, list[list[Any]], list[tuple[int, str, Any]]]:
    """Check every row; return the good rows, the issues and the cells that changed."""
    model = MODELS[tab]
    good, issues, changed = [], [], []
    keys = [key for key in frame.columns if key in model.model_fields]
    for at, row in zip(frame.index + 2, records(frame[keys], tuned=tuned), strict=True):
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
    path: str, *, tuned: bool = False
) -> tuple[Frames, list[list[Any]], dict[str, list[tuple[int, str, Any]]]]:
    """Read and validate all tabs: the good rows, the issues, the changed cells by tab."""
    frames: Frames = {}
    issues: list[list[Any]] = []
    changed = {}
    partners: set[str] | None = None
    for tab, frame in read(path).items():
        frames[tab], found, changed[tab] = validate(tab, frame, partners, tuned=tuned)
        issues += found
        partners = set(frames["partners"]["partner_id"])
    return frames, issues, changed


def run(path: str, out: str, as_of: datetime, *, tuned: bool = False) -> dict[str, Any]:
    """Clean, measure and write; return the programme totals and counts."""
    frames, issues, changed = cleaned(path, tuned=tuned)
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
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument("--tuned", action="store_true", help="dicts instead of iterrows")
    told = parser.parse_args()
    as_of = datetime(told.as_of.year, told.as_of.month, told.as_of.day)
    print(json.dumps(run(told.source, told.target, as_of, tuned=told.tuned)))


if __name__ == "__main__":
    main()
