"""The figures of a chart of an office program, as the table that it was drawn from."""

from __future__ import annotations

from typing import Any

from index.load.number_formats import shown_number
from index.load.text_formats import table_text

C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_TEXT = "{http://schemas.openxmlformats.org/drawingml/2006/main}t"
_MOST_POINTS = 1_000
"""Points of a series that are read; a chart of more shows a curve, not figures."""


def chart_blocks(root: Any) -> list[str]:
    """Return the title of a chart and a table with a column for each series."""
    title = root.find(f"{C}chart/{C}title")
    words = "" if title is None else " ".join("".join(title.itertext(_TEXT)).split())
    series = [each for each in root.iter(f"{C}ser") if each.find(f"{C}val") is not None]
    if not series:
        return [words]
    labels = _points(series[0].find(f"{C}cat"))
    columns = [_points(each.find(f"{C}val")) for each in series]
    numbers = sorted({*labels, *(number for column in columns for number in column)})
    header = ["", *(_name(each) for each in series)]
    rows = [
        [labels.get(number, ""), *(column.get(number, "") for column in columns)]
        for number in numbers[:_MOST_POINTS]
    ]
    return [words, table_text([header, *rows])] if rows else [words]


def _name(series: Any) -> str:
    return next(iter(_points(series.find(f"{C}tx")).values()), "")


def _points(element: Any | None) -> dict[int, str]:
    """Return the values that were stored with a chart, by their place."""
    found: dict[int, str] = {}
    for cache in () if element is None else element.iter(f"{C}numCache", f"{C}strCache"):
        format = cache.findtext(f"{C}formatCode") or "General"
        for point in cache.iterfind(f"{C}pt"):
            place, value = point.get("idx", ""), point.findtext(f"{C}v") or ""
            if place.isascii() and place.isdecimal() and len(place) < 8:
                is_number = cache.tag.endswith("numCache")
                own = point.get("formatCode") or format
                found.setdefault(int(place), shown_number(value, own) if is_number else value)
    return found
