"""Charts and diagrams of office documents as what they say: a title, a table of values, a list of words.

A chart keeps the values that it was last drawn from beside it (ECMA-376 part 1, 21.2), a diagram its points (21.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convert.ooxml import child

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from xml.etree.ElementTree import Element

_MAX_POINTS = 5_000
_KINDS = {
    "barChart": "bar chart", "bar3DChart": "bar chart", "lineChart": "line chart", "line3DChart": "line chart",
    "pieChart": "pie chart", "pie3DChart": "pie chart", "ofPieChart": "pie chart", "doughnutChart": "doughnut chart",
    "areaChart": "area chart", "area3DChart": "area chart", "scatterChart": "scatter chart",
    "bubbleChart": "bubble chart", "radarChart": "radar chart", "stockChart": "stock chart",
    "surfaceChart": "surface chart", "surface3DChart": "surface chart",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chart:
    """`title` with the names of its axes; `rows` begin with a head of series; `cut` of them are left out."""

    kind: str
    title: str
    rows: Sequence[Sequence[str]]
    cut: int = 0


def chart_of(root: Element) -> Chart:
    """What a part `chart1.xml` draws; also of the newer kind, chartex."""
    kinds = [_KINDS[name] for each in root.iter() if (name := local(each.tag)) in _KINDS]
    drawn = next((each for each in root.iter() if local(each.tag) == "chart"), root)
    title = next((words_of(each) for each in drawn if local(each.tag) == "title"), "")
    axes = [
        words_of(each)
        for axis in root.iter()
        if local(axis.tag).endswith("Ax")
        for each in axis
        if each.tag == "c:title"
    ]
    series = [_series(each) for each in root.iter() if each.tag == "c:ser"] or list(_newer(root))
    heads: list[str] = next((categories for _, categories, _ in series if categories), [])
    longest = max([len(heads), *(len(values) for _, _, values in series)], default=0)
    rows = [["", *(name for name, _, _ in series)]] if series else []
    shared = all(categories in ([], heads) for _, categories, _ in series)
    if shared:
        rows += [
            [_at(heads, index) or str(index + 1), *(_at(values, index) for _, _, values in series)]
            for index in range(min(longest, _MAX_POINTS))
        ]
    else:
        rows = [["series", "x", "y"]]
        for name, categories, values in series:
            rows.extend([name, _at(categories, at), value] for at, value in enumerate(values[:_MAX_POINTS]))
    if not any(value for _, categories, values in series for value in (*categories, *values)):
        ranges = dict.fromkeys(each.text or "" for each in root.iter("c:f"))
        rows, title = [], f"{title} (drawn from {', '.join(ranges)}, without saved values)" if ranges else title
    told = title + (f" (axes: {', '.join(filter(None, axes))})" if any(axes) else "")
    return Chart(kinds[0] if kinds else "chart", told, rows, max(longest - _MAX_POINTS, 0))


def _series(series: Element) -> tuple[str, list[str], list[str]]:
    """Name, categories and values."""
    name = child(series, "c:tx")
    categories, values = (
        next((_cached(found) for tag in tags if (found := child(series, tag)) is not None), [])
        for tags in (("c:cat", "c:xVal"), ("c:val", "c:yVal"))
    )
    if (size := child(series, "c:bubbleSize")) is not None:
        values = [f"{value} (size {of})" for value, of in zip(values, _cached(size), strict=False)]
    return " ".join(_cached(name)) if name is not None else "", categories, values


def _cached(element: Element) -> list[str]:
    """The values by their index; categories of several levels are joined, the outer before the inner."""
    levels = list(element.iter("c:lvl")) or [element]
    columns = []
    for level in reversed(levels):
        points = {int(point.get("idx", 0)): _value(point) for point in level.iter("c:pt")}
        last = min(max(points, default=-1), 10 * _MAX_POINTS)
        columns.append([points.get(index, "") for index in range(last + 1)])
    if len(columns) == 1 and not columns[0]:
        return [text] if (text := _value(element) or words_of(element)) else []
    length = max(map(len, columns))
    outer = [""] * len(columns)
    joined = []
    for index in range(length):
        outer = [_at(column, index) or before for column, before in zip(columns, outer, strict=True)]
        joined.append(" ".join(filter(None, outer)) if len(columns) > 1 else _at(columns[0], index))
    return joined


def _newer(root: Element) -> Iterator[tuple[str, list[str], list[str]]]:
    """Series of a chartex part (waterfalls, tree maps, funnels): one of words and one of numbers for each data."""
    for data in (each for each in root.iter() if local(each.tag) == "data"):
        words, numbers = (
            [
                point.text or ""
                for dim in data
                if local(dim.tag) == kind
                for point in dim.iter()
                if local(point.tag) == "pt"
            ]
            for kind in ("strDim", "numDim")
        )
        yield "value", words, numbers


def diagram_of(root: Element) -> list[str]:
    """The words of a diagram's points, in the order of its data."""
    points = (words_of(point) for point in root.iter("dgm:pt"))
    return [words for words in points if words]


def words_of(element: Element) -> str:
    """The text below an element: paragraphs and line breaks as spaces, values from a cache where there is no text."""
    parts = []
    for each in element.iter():
        if each.tag == "a:t":
            parts.append(each.text or "")
        elif each.tag in {"a:p", "a:br", "a:tab"}:
            parts.append(" ")
    text = " ".join("".join(parts).split())
    return text or " ".join(each.text or "" for each in element.iter() if local(each.tag) == "v").strip()


def _value(element: Element) -> str:
    found = child(element, "c:v")
    return (found.text or "") if found is not None else ""


def local(tag: str) -> str:
    """The name without its prefix."""
    return tag.rpartition(":")[2]


def _at(values: Sequence[str], index: int) -> str:
    return values[index] if index < len(values) else ""
