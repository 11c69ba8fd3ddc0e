"""Google's embedded charts as XlsxWriter's."""

from __future__ import annotations

from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from tests.fakes.sheets.export_looks import rgb
from tests.fakes.sheets.state import Json

_LEGENDS = {"TOP": "top", "BOTTOM": "bottom", "LEFT": "left", "RIGHT": "right", "NO": "none"}
_SMALL = {"size": 9, "color": "#667085"}


_LINE = {"visible": True, "line": {"color": "#D9DEE5", "width": 0.75}}


def insert_chart(
    book: Workbook, page: Worksheet, chart: Json, titles: dict[int, str], accents: list[str], shown
) -> None:
    """Put a chart where its overlay position says; ``shown`` gives a cell's number format."""
    spec = chart["spec"]
    drawn = (
        _pie(book, spec["pieChart"], titles, accents)
        if "pieChart" in spec
        else _basic(book, spec["basicChart"], titles, shown)
    )
    drawn.set_title({"name": spec["title"]} if spec.get("title") else {"none": True})
    drawn.set_chartarea({"border": {"color": rgb(chart["border"]["colorStyle"])}})
    place = chart["position"]["overlayPosition"]
    drawn.set_size({"width": place["widthPixels"], "height": place["heightPixels"]})
    corner = place["anchorCell"]
    offsets = {"x_offset": place.get("offsetXPixels", 0), "y_offset": place.get("offsetYPixels", 0)}
    page.insert_chart(corner.get("rowIndex", 0), corner.get("columnIndex", 0), drawn, offsets)


def _pie(book: Workbook, pie: Json, titles: dict[int, str], accents: list[str]) -> Any:
    drawn = book.add_chart({"type": "doughnut" if pie.get("pieHole") else "pie"})
    values = _area(pie["series"], titles)
    count = values[3] - values[1] + 1
    accents = [*accents, *map(_lighter, accents)]
    colours = [accents[i % len(accents)] for i in range(count)] if accents else []
    points = [{"fill": {"color": colour}} for colour in colours]
    drawn.add_series(
        {"categories": _area(pie["domain"], titles), "values": values, "points": points}
    )
    drawn.set_legend({"position": _legend(pie), "font": _SMALL})
    if pie.get("pieHole"):
        drawn.set_hole_size(round(pie["pieHole"] * 100))
    return drawn


def _lighter(colour: str) -> str:
    """Google goes on with paler shades after the sixth slice."""
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{(part + 255) // 2:02X}" for part in parts)


def _basic(book: Workbook, basic: Json, titles: dict[int, str], shown: Any) -> Any:
    drawn = book.add_chart({"type": basic["chartType"].lower()})
    down = basic.get("headerCount", 0)
    categories = _area(basic["domains"][0]["domain"], titles, down)
    for series in basic["series"]:
        sheet, top, left, *_ = _area(series["series"], titles)
        told = {
            "categories": categories,
            "values": _area(series["series"], titles, down),
            "fill": {"color": rgb(series["colorStyle"])},
        }
        if down:
            told["name"] = [sheet, top, left]
        if "dataLabel" in series:
            told["data_labels"] = {"value": True, "font": _SMALL}
        drawn.add_series(told)
    names = {"num_font": _SMALL, "text_axis": True, "num_format": shown(categories)}
    values = {"num_font": _SMALL, "major_gridlines": _LINE, "line": {"none": True}}
    values["num_format"] = shown(_area(basic["series"][0]["series"], titles, down))
    if basic["chartType"] == "BAR":
        names, values = values, {**names, "reverse": True, "crossing": "max"}
    drawn.set_x_axis(names)
    drawn.set_y_axis(values)
    drawn.set_legend({"position": _legend(basic), "font": _SMALL})
    return drawn


def _legend(spec: Json) -> str:
    return _LEGENDS.get(spec.get("legendPosition", "").removesuffix("_LEGEND"), "right")


def _area(data: Json, titles: dict[int, str], down: int = 0) -> list[Any]:
    (where,) = data["sourceRange"]["sources"]
    return [
        titles[where.get("sheetId", 0)],
        where.get("startRowIndex", 0) + down,
        where["startColumnIndex"],
        where["endRowIndex"] - 1,
        where["endColumnIndex"] - 1,
    ]
