"""The help of every command, as one page."""

from __future__ import annotations

import re

import typer
from typer.cli import get_docs_for_click
from typer.main import get_command

from codex_swarm.cli.app import app

HEAD = """# Commands

Made from the commands themselves by `./run.sh pages`; [command-line.md](command-line.md) tells how they are used. Every
command takes `--json`, `--profile NAME`, `--url URL`, `--api-key KEY` and `--help`, too.

"""

SHARED = re.compile(r"^\* `(--json|--profile|--url|--api-key|--help)\b.*\n", re.MULTILINE)
EMPTY = re.compile(r"^\*\*Options\*\*:\n\n(?=\n|\*\*|#|\Z)", re.MULTILINE)


def page() -> str:
    """The page."""
    command = get_command(app)
    context = typer.Context(command, info_name="codex-swarm")
    told = get_docs_for_click(obj=command, ctx=context, name="codex-swarm", indent=1)
    lines = EMPTY.sub("", SHARED.sub("", told)).splitlines()
    return HEAD + re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip() + "\n"
