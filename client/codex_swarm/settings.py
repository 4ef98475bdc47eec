"""Where the service is, and the key for it. The one place of the client that reads the environment."""

from __future__ import annotations

import os

DEFAULT_URL = "http://127.0.0.1:5050"


def base_url() -> str:
    """`CODEX_SWARM_URL`, or the laptop cloud's usual address."""
    return os.environ.get("CODEX_SWARM_URL") or DEFAULT_URL


def api_key() -> str | None:
    """`CODEX_SWARM_API_KEY`, or none: a laptop cloud is open to its own machine."""
    return os.environ.get("CODEX_SWARM_API_KEY") or None
