"""Pictures that an untrusted function hands over for the model to look at: which of them are taken."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

MOST = 4
"""Of one call."""

MOST_CHARACTERS = 900_000
"""Of one picture in base64."""

_STARTS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def taken(pictures: Iterable[str]) -> list[str]:
    """The first few that are PNG or JPEG and not too large, as `data:` URLs, which is how a model is given them."""
    found: list[str] = []
    for picture in pictures:
        kind = _kind_of(picture) if len(picture) <= MOST_CHARACTERS else None
        if kind and len(found) < MOST:
            found.append(f"data:{kind};base64,{picture}")
    return found


def _kind_of(picture: str) -> str | None:
    try:
        data = base64.b64decode(picture, validate=True)
    except (binascii.Error, ValueError):
        return None
    return next((kind for start, kind in _STARTS.items() if data.startswith(start)), None)
