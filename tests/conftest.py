"""What holds for every test: nothing of the developer's own account, key or settings reaches it."""

from __future__ import annotations

import os

for name in list(os.environ):
    if name.startswith(("AWS_", "OPENAI_", "CROSS_RUN_", "CODEX_SWARM_", "POWERTOOLS_")):
        del os.environ[name]
