"""Request kinds about objects of a sheet: importing this module registers all of them."""

from __future__ import annotations

from tests.fakes.sheets import (  # noqa: F401 (each registers its kinds)
    kinds_objects_charts,
    kinds_objects_filters,
    kinds_objects_metadata,
    kinds_objects_rules,
    kinds_objects_tables,
)
