"""How long a run waits when the provider has nothing to give: between functions, where waiting costs nothing."""

from __future__ import annotations

import random

MAX_STALLS = 8
"""How many times in a row a run waits before it fails with what the provider said."""

FIRST_SECONDS = 15
LONGEST_SECONDS = 300


def pause_after(stalls: int, retry_after: float | None) -> int:
    """Whole seconds to wait: what the provider asks for, else longer with each stall in a row, with jitter."""
    if retry_after is not None and retry_after > 0:
        return min(LONGEST_SECONDS, int(retry_after) + 1)
    longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2**stalls)
    return random.randint(longest // 2, longest)  # noqa: S311  spreading load is no secret
