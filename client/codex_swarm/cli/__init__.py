"""The command line, `codex-swarm`. It comes with the extra of that name: `pip install 'codex-swarm[cli]'`."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns what the process exits with (`codex_swarm.cli.exits`)."""
    try:
        import rich  # noqa: F401, PLC0415
        import typer  # noqa: F401, PLC0415
    except ImportError:
        sys.stderr.write("the command line comes with an extra: pip install 'codex-swarm[cli]'\n")
        return 2
    from codex_swarm.cli.running import run  # noqa: PLC0415  needs the extra

    return run(sys.argv[1:] if arguments is None else list(arguments))
