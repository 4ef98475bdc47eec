"""The dashboard of infra/observability.yaml as a picture, so that somebody can look at it without an account.

The numbers are made up, the same each time. Places, titles, lines, colours and labels are those of the JSON.
"""

from __future__ import annotations

import io
import json
import random
import re
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).resolve().parents[1] / "observability.yaml"
NAMES = {"Stage": "prod", "AWS::Region": "eu-central-1"}
COLUMNS, POINTS = 24, 36
INCHES = 0.62
"""Of one column and one row."""


def widgets(names: dict[str, str]) -> list[dict[str, Any]]:
    """The widgets of the dashboard, with these names filled in, and others by what they are called."""
    body = yaml_parse(TEMPLATE.read_text("utf-8"))["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    filled = re.sub(r"\$\{([\w:]+)\}", lambda found: names.get(found[1], found[1]), body)
    found: list[dict[str, Any]] = json.loads(filled)["widgets"]
    return found


def picture() -> str:
    """As SVG."""
    # Slow to import, and the other pages need none of it.
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    found = widgets(NAMES)
    rows = max(each["y"] + each["height"] for each in found)
    with mpl.rc_context({"svg.hashsalt": "dashboard", "svg.fonttype": "none", "font.size": 8}):
        figure = Figure(figsize=(COLUMNS * INCHES, rows * INCHES))
        for each in found:
            width, height = each["width"] / COLUMNS, each["height"] / rows
            place = (each["x"] / COLUMNS + 0.03, 1 - each["y"] / rows - height + 0.03, width - 0.045, height - 0.065)
            _draw(figure.add_axes(place), each["properties"])
        svg = io.StringIO()
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in svg.getvalue().splitlines()) + "\n"


def _draw(axes: Any, properties: dict[str, Any]) -> None:
    dice = random.Random(properties["title"])  # noqa: S311  it is no secret
    lines, labels, colours = [], [], []
    for metric in properties["metrics"]:
        options = metric[-1] if isinstance(metric[-1], dict) else {}
        words = [word for word in metric if isinstance(word, str)]
        level = dice.uniform(2, 10)
        lines.append([max(0.0, level + dice.gauss(0, level / 6)) for _ in range(POINTS)])
        labels.append(options.get("label") or " ".join([words[1], *words[5::2]]))
        colours.append(options.get("color"))
    if properties.get("stacked"):
        axes.stackplot(range(POINTS), *lines, labels=labels, colors=colours)
    else:
        for line, label, colour in zip(lines, labels, colours, strict=True):
            axes.plot(line, label=label, color=colour, linewidth=1)
    title = f"{properties['title']} ({properties['stat']}, {properties['period'] // 60} min)"
    axes.set_title(title, loc="left", fontsize=9)
    axes.set_ylim(bottom=0)
    axes.set_xticks([])
    axes.legend(loc="lower left", fontsize=7, framealpha=0.8)
