"""The laptop cloud: the system of `template.yaml` on one machine, with no Docker and no AWS account."""

from __future__ import annotations

import sys
from pathlib import Path

# The domain is not installed anywhere: in AWS it comes with a layer, and here from where the layer is made.
_DOMAIN = str(Path(__file__).resolve().parents[2] / "layers" / "core")
if _DOMAIN not in sys.path:
    sys.path.append(_DOMAIN)
