"""All KPIs and all nine attribution models over the files of a folder, as the product does it.

    python tests/bench/facts_run.py FOLDER [kpis|models]

Prints seconds and a checksum per model: what all partners together are credited with.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

import pandas as pd  # noqa: E402

from sheetsync.catalog.kpis import KPIS  # noqa: E402
from sheetsync.catalog.tracker import tracker_of  # noqa: E402
from sheetsync.engines.duckdb import DuckDb  # noqa: E402
from sheetsync.measure.attribution import totals_sql  # noqa: E402
from sheetsync.measure.attribution_markov import removal, transition_sql  # noqa: E402
from sheetsync.measure.attribution_sql import MODELS, Rules  # noqa: E402
from sheetsync.measure.measure import measure  # noqa: E402
from sheetsync.measure.outside import COLUMNS  # noqa: E402
from sheetsync.model.engine import FactFile, Relation, View  # noqa: E402
from sheetsync.model.kpi import in_force  # noqa: E402
from sheetsync.model.results import Cleaned, CleanTable  # noqa: E402
from sheetsync.model.settings import Settings  # noqa: E402
from sheetsync.model.tracker import Tracker  # noqa: E402

AS_OF = date(2026, 6, 30)


def kpis(folder: Path) -> dict[str, float]:
    """Measure everything with the deals and touches of the files; programme values by KPI."""
    packed = tracker_of(["attribution"])
    tracker = Tracker(packed.tabs, packed.lists, in_force(KPIS, {"attribution"}))
    settings = Settings(facts_deals="deals.parquet", facts_touches="touches.parquet")
    told = measure(_partners(folder), tracker, settings, AS_OF, DuckDb(folder))
    assert not told.problems, told.problems
    return {v.kpi: v.value for v in told.kpis if not v.group and not v.month and v.value}


def _partners(folder: Path) -> Cleaned:
    ids = (folder / "partners.csv").read_text().split()[1:]
    frame = pd.DataFrame({"partner_id": pd.Series(ids, dtype=object)})
    frame = frame.assign(partner_type="reseller", status="active", _key=ids)
    frame = frame.assign(_row=range(2, len(ids) + 2), _used=True)
    return Cleaned({"partners": CleanTable("partners", frame)})


def models(folder: Path) -> dict[str, float]:
    """What partners are credited with under each model, all together; removal effects summed."""
    engine = DuckDb(folder)
    deals = FactFile("deals.parquet", COLUMNS["deals"])
    touches = FactFile("touches.parquet", COLUMNS["touches"])
    relations: dict[str, Relation] = {
        "deals": View(
            "SELECT deal_id, amount AS value, closed, CASE WHEN stage = 'won' THEN 1 ELSE 0 END "
            "AS is_won, partner_id AS source FROM deals_in WHERE stage IN ('won', 'lost')",
            {"deals_in": deals},
        ),
        "touches": View(
            "SELECT deal_id, partner_id, date AS day, kind, mark, role, place FROM touches_in",
            {"touches_in": touches},
        ),
    }
    told = engine.run(totals_sql(Rules()), relations)
    sums = {model: float(told[f"value_{model}"].sum()) for model in MODELS}
    chain = removal(engine.run(transition_sql(Rules()), relations))
    return sums | {"markov": sum(chain.effects.values())}


def main() -> None:
    """Run what is asked and print JSON."""
    folder, what = Path(sys.argv[1]), sys.argv[2:] or ["kpis", "models"]
    told: dict[str, object] = {}
    for name, work in (("kpis", kpis), ("models", models)):
        if name in what:
            begun = time.perf_counter()
            told[name] = work(folder)
            told[f"{name}_seconds"] = time.perf_counter() - begun
    print(json.dumps(told))


if __name__ == "__main__":
    main()
