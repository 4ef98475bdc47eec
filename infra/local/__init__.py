"""The laptop cloud: the system of `template.yaml` on one machine, with no Docker and no AWS account."""

from __future__ import annotations

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]

# The domain is installed nowhere: in AWS it comes with layers, and here from the folders that layers are made of.
for _layer in ("layers/core", "client"):
    if str(_ROOT / _layer) not in sys.path:
        sys.path.append(str(_ROOT / _layer))
