"""How many requests a stage of the API takes: at once, and a second in the long run.

Source: "Throttle requests to your HTTP APIs" in the API Gateway Developer Guide, which says that it is a token bucket.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any


class TokenBucket:
    """Holds `burst` tokens and gets `rate` a second; each request takes one, or is refused."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._lock = threading.Lock()
        self._tokens, self._at = burst, clock()

    def take(self) -> bool:
        """Whether there was a token, which is then gone."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
            self._at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


class Throttle:
    """The settings of a stage: for all its routes together, and for routes that have their own."""

    def __init__(self, stage: Mapping[str, Any]) -> None:
        self._of_all = _bucket(stage.get("DefaultRouteSettings", {}))
        self._of_routes = {key: _bucket(settings) for key, settings in stage.get("RouteSettings", {}).items()}

    def admits(self, route_key: str) -> bool:
        """Whether a request on this route is let in now."""
        bucket = self._of_routes.get(route_key) or self._of_all
        return bucket is None or bucket.take()


def _bucket(settings: Mapping[str, Any]) -> TokenBucket | None:
    if "ThrottlingRateLimit" not in settings:
        return None
    rate = float(settings["ThrottlingRateLimit"])
    return TokenBucket(rate, float(settings.get("ThrottlingBurstLimit", rate)))
