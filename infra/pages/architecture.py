"""The parts of the service and what passes between them, as an SVG picture that follows the reader's colours."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 960, 560

STYLE = """
  svg { font: 14px system-ui, sans-serif; color-scheme: light dark; }
  .paper { fill: #ffffff; } .box { fill: #f4f6fb; stroke: #4a5a80; } .untrusted { fill: #fdf1ee; stroke: #a8412a; }
  .store { fill: #eef7f0; stroke: #2f6b42; } text { fill: #1b2333; } .soft { fill: #56607a; font-size: 12px; }
  .arrow { stroke: #56607a; fill: none; } .head { fill: #56607a; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #12161c; } .box { fill: #1d2430; stroke: #8ea2d0; } .untrusted { fill: #2b1c19; stroke: #e08b74; }
    .store { fill: #17261c; stroke: #7fc496; } text { fill: #e8ecf4; } .soft { fill: #a4aec4; }
    .arrow { stroke: #a4aec4; } .head { fill: #a4aec4; }
  }
"""


HEAD = (
    '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path class="head" d="M0 0 8 4 0 8z"/></marker></defs>'
)
"""Of an arrow."""


class Box(NamedTuple):
    """A part: where its left upper corner is, how large it is, what it is called and what it does."""

    x: int
    y: int
    width: int
    height: int
    name: str
    does: tuple[str, ...]
    kind: str = "box"


class Arrow(NamedTuple):
    """From one point to the next, and what passes there, written at `at`."""

    points: tuple[tuple[int, int], ...]
    says: str = ""
    at: tuple[int, int] = (0, 0)


BOXES = (
    Box(20, 20, 190, 70, "Application", ("client, command line,", "console, MCP, curl")),
    Box(300, 20, 200, 70, "API Gateway", ("authorizer: whose key is this", "token: what does it open")),
    Box(590, 20, 160, 70, "ApiFunction", ("every route", "")),
    Box(780, 20, 160, 70, "WatchFunction", ("streams of events", "a pool of its own")),
    Box(300, 150, 450, 210, "Step Functions: one execution a run", ("", "")),
    Box(320, 195, 120, 68, "Prepare", ("0 to 20 %", "files, prompt")),
    Box(460, 195, 135, 68, "Agent", ("30 to 70 %", "turns of the model")),
    Box(615, 195, 120, 68, "Finish, Fail", ("70 to 100 %", "diff, summary")),
    Box(460, 285, 135, 68, "Dispatch", ("a Map of jobs", "waits for each")),
    Box(20, 200, 190, 70, "Model provider", ("Responses API,", "or the offline model")),
    Box(300, 400, 220, 68, "Sandbox", ("commands of the model", "no permission, no network"), "untrusted"),
    Box(540, 400, 210, 68, "Convert, Preview", ("documents of strangers", "an environment for each run"), "untrusted"),
    Box(
        780, 150, 160, 90, "DynamoDB", ("the run log: a slot,", "one conditional write", "items, keys, quotas"), "store"
    ),
    Box(780, 270, 160, 90, "S3", ("files by their hash", "snapshots, transcripts", "texts of documents"), "store"),
    Box(20, 400, 190, 68, "Webhooks", ("signed; sent again", "until it is answered")),
    Box(20, 488, 440, 56, "Reconcile, every five minutes", ("runs that nobody works on are started or ended", "")),
    Box(500, 488, 440, 56, "Janitor", ("what is deleted, expired or unused is swept", "")),
)

ARROWS = (
    Arrow(((210, 55), (300, 55)), "HTTPS", (232, 48)),
    Arrow(((500, 55), (590, 55))),
    Arrow(((670, 90), (670, 120), (380, 120), (380, 150)), "StartExecution", (470, 114)),
    Arrow(((440, 230), (460, 230))),
    Arrow(((595, 230), (615, 230))),
    Arrow(((527, 263), (527, 285)), "jobs", (534, 279)),
    Arrow(((490, 263), (490, 275), (250, 275), (250, 235), (210, 235)), "a turn", (258, 270)),
    Arrow(((500, 353), (410, 400)), "job", (425, 380)),
    Arrow(((550, 353), (640, 400))),
    Arrow(((735, 215), (780, 200))),
    Arrow(((735, 245), (780, 300))),
    Arrow(((860, 90), (860, 150)), "reads", (868, 124)),
    Arrow(((300, 340), (115, 340), (115, 400)), "the end", (150, 334)),
)


def picture() -> str:
    """The picture."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="title">',
        '<title id="title">The parts of Codex-Swarm and what passes between them</title>',
        f"<style>{STYLE}</style>",
        HEAD,
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>',
        *map(_box, BOXES),
        *map(_arrow, ARROWS),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _box(box: Box) -> str:
    lines = [
        f'<text class="soft" x="{box.x + 10}" y="{box.y + 40 + 15 * row}">{escape(line)}</text>'
        for row, line in enumerate(box.does)
        if line
    ]
    shape = f'<rect class="{box.kind}" x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="8"/>'
    name = f'<text x="{box.x + 10}" y="{box.y + 22}" font-weight="600">{escape(box.name)}</text>'
    return "".join([shape, name, *lines])


def _arrow(arrow: Arrow) -> str:
    points = " ".join(f"{x},{y}" for x, y in arrow.points)
    line = f'<polyline class="arrow" points="{points}" marker-end="url(#end)"/>'
    x, y = arrow.at
    return line + (f'<text class="soft" x="{x}" y="{y}">{escape(arrow.says)}</text>' if arrow.says else "")
