"""What the environment says to this function, read once."""

from __future__ import annotations

import os

FAKE_CODEX = os.environ.get("CROSS_RUN_FAKE_CODEX") == "1"
"""No command is to be executed."""

LIBRARY_PATH = os.environ.get("LD_LIBRARY_PATH", "")
"""Where Lambda's own Python finds its libraries; commands that use it need the same."""
