"""The expression algebra of KPIs: a few frozen nodes with two readers, SQL and formulas."""

from __future__ import annotations

from typing import TypeAlias

Expr: TypeAlias = object
