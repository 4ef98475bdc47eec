"""`python -m codex_swarm.cli`: the same as `codex-swarm`."""

from __future__ import annotations

import sys

from codex_swarm.cli import main

if __name__ == "__main__":
    sys.exit(main())
