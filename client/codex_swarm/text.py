"""Text that comes from elsewhere, made safe for a terminal and a log."""

from __future__ import annotations

import re

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    r"""The text with every control character but tab and line feed written as an escape, such as `\x1b`.

    A terminal obeys such characters, and those that override the direction of text can make it read as something else.
    """
    return _UNSAFE.sub(lambda found: ascii(found[0])[1:-1], text)


_SIGNED = re.compile(
    r"(?:\?|%3F)[^\s'\"<>]*(?:X-Amz-(?:Signature|Security-Token)|token)(?:=|%3D)[^\s'\"<>]*", re.IGNORECASE
)


def unsigned(text: str) -> str:
    """The text with the query of every signed address taken out: whoever reads it in a log could fetch the file."""
    return _SIGNED.sub("?...", text)
