"""`python -m infra.pages`: writes every page that is made; `python -m infra.pages NAME PLACE` writes one elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from infra.pages import architecture, commands, costs, dashboard, limits, metrics, offline, parameters, scopes
from infra.pages.filled import DOCS

PAGES: dict[str, tuple[str, Callable[[], str]]] = {
    "commands": ("commands.md", commands.page),
    "keys": ("keys.md", scopes.page),
    "limits": ("limits.md", limits.page),
    "metrics": ("operations/metrics.md", metrics.page),
    "parameters": ("operations/parameters.md", parameters.page),
    "costs": ("operations/costs.md", costs.page),
    "dashboard": ("operations/dashboard.svg", dashboard.picture),
    "offline": ("offline.md", offline.page),
    "architecture": ("architecture.svg", architecture.picture),
}
"""By name: the file in `docs/`, and what makes it."""


def main(arguments: list[str]) -> int | str:
    """What the process exits with."""
    match arguments:
        case []:
            for file, made in PAGES.values():
                (DOCS / file).write_text(made(), "utf-8")
        case [name, place] if name in PAGES:
            Path(place).write_text(PAGES[name][1](), "utf-8")
        case _:
            return f"usage: python -m infra.pages [{'|'.join(PAGES)} PLACE]"
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
