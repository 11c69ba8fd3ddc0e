"""Facts too big for a sheet, as Parquet files: made up, the same for the same size."""

from __future__ import annotations

from pathlib import Path

import duckdb

_DEALS = """
SELECT 'D-' || i AS deal_id, 'P-' || lpad(CAST(hash(i, 1) % {partners} AS VARCHAR), 5, '0')
    AS partner_id,
  CASE WHEN hash(i, 2) % 100 < 45 THEN 'won' WHEN hash(i, 2) % 100 < 80 THEN 'lost'
    ELSE 'proposal' END AS stage,
  CAST(hash(i, 3) % 10000000 AS DOUBLE) / 100 AS amount,
  DATE '2024-07-01' + CAST(hash(i, 4) % 700 AS INTEGER) AS created,
  DATE '2024-07-01' + CAST(hash(i, 4) % 700 + hash(i, 5) % 29 AS INTEGER) AS closed,
  'C-' || hash(i, 6) % {customers} AS customer_id
FROM range({deals}) AS t(i)
"""
_TOUCHES = """
SELECT 'D-' || i % {journeys} AS deal_id,
  'P-' || lpad(CAST(hash(i, 11) % {partners} AS VARCHAR), 5, '0') AS partner_id,
  DATE '2024-07-01' + CAST(hash(i % {journeys}, 4) % 700 AS INTEGER)
    - CAST(hash(i, 12) % 60 AS INTEGER) AS date,
  ['content', 'webinar', 'demo', 'intro', 'click'][1 + CAST(hash(i, 13) % 5 AS INTEGER)] AS kind,
  [NULL, NULL, NULL, 'lead', 'opportunity'][1 + CAST(hash(i, 14) % 5 AS INTEGER)] AS mark,
  ['awareness', 'nurture', 'close'][1 + CAST(hash(i, 15) % 3 AS INTEGER)] AS role
FROM range({touches}) AS t(i)
"""


def fact_files(folder: Path, *, deals: int, touches: int, partners: int = 300) -> None:
    """Write deals.parquet, touches.parquet and partners.csv; half of the deals are journeys."""
    sizes = {
        "deals": deals,
        "touches": touches,
        "partners": partners,
        "journeys": deals // 2,
        "customers": max(1, deals // 3),
    }
    with duckdb.connect() as connection:
        for name, text in (("deals", _DEALS), ("touches", _TOUCHES)):
            target = folder / f"{name}.parquet"
            connection.execute(f"COPY ({text.format(**sizes)}) TO '{target}' (FORMAT parquet)")
    lines = [f"P-{i:05d}" for i in range(partners)]
    (folder / "partners.csv").write_text("\n".join(["partner_id", *lines]) + "\n")
