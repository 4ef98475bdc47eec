"""The parts of a mail as they are written (RFC 5322, RFC 2045 to 2047), whatever program wrote them: nothing raises."""

from __future__ import annotations

import email.policy
from collections.abc import Iterator
from email.message import EmailMessage, Message
from typing import Any
from urllib.parse import urljoin

from swarm_job.charset import NotText, decoded

LONGEST_HEADER, LONGEST_PARAMETERS = 20_000, 2_000
"""Characters, of those that say what a part is the second; parsers take a time that grows faster than they do."""
_FAULTS = (ValueError, LookupError, AttributeError, TypeError)
"""What the parser of headers raises on some that are malformed."""


class Bounded(email.policy.EmailPolicy):
    """Headers are cut where they are too long for their parser."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, cut(name, value)


def cut(name: str, value: str) -> str:
    """What is read of a header's value."""
    return value[: LONGEST_PARAMETERS if name.lower().startswith("content-") else LONGEST_HEADER]


def header(message: Message[Any, Any], name: str) -> str:
    """A header's words, decoded; empty where there is none."""
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    if not raw.isascii():
        # Bytes beyond ASCII stand as halves of surrogate pairs, and no header says which encoding they are in.
        return " ".join(beyond_ascii(raw).split())
    try:
        value = str(message.get(name, ""))
    except _FAULTS:
        value = raw
    return " ".join(value.encode("utf-8", "replace").decode().split())


def beyond_ascii(raw: str) -> str:
    """A header whose bytes are in some encoding that it does not name; Latin-1 where none is likely."""
    data = raw.encode("utf-8", "surrogateescape")
    try:
        return decoded(data).characters
    except NotText:
        return data.decode("latin-1")


def content_of(part: Message[Any, Any]) -> bytes:
    """The bytes of a part that holds no others, out of base64 or quoted-printable."""
    try:
        data = part.get_payload(decode=True)
    except _FAULTS:
        data = None
    return data if isinstance(data, bytes) else b""


def report(block: Message[Any, Any]) -> str:
    """What became of a mail on its way (RFC 3464): a block is written as headers without a body."""
    return "\n".join(f"{name}: {header(block, name)}" for name in dict.fromkeys(block.keys()))


def file_name(part: Message[Any, Any]) -> str:
    """What a part's file is called; empty where nothing says so."""
    try:
        name = part.get_filename() or ""
    except _FAULTS:
        name = ""
    return "".join(each for each in name if each.isprintable()).encode("utf-8", "replace").decode()[:200].strip()


def is_attachment(part: EmailMessage) -> bool:
    """Whether a part is a file that came with the text: it says so, or is text with a name."""
    try:
        return part.is_attachment() or (bool(file_name(part)) and part.get_content_maintype() == "text")
    except _FAULTS:
        return True


def inside(part: EmailMessage) -> list[EmailMessage]:
    """The parts of a part; of a message that is attached, the message."""
    inner = part.get_payload()
    return [each for each in inner if isinstance(each, EmailMessage)] if isinstance(inner, list) else []


def richness(part: EmailMessage) -> int:
    """How much of a text's form an alternative keeps; 0 for what is not shown as text."""
    kind = part.get_content_type()
    if part.is_multipart():
        return max(map(richness, inside(part)), default=0)
    return {"text/html": 2, "text/plain": 1}.get(kind, 0)


def named(parts: list[EmailMessage], base: str) -> Iterator[tuple[str, EmailMessage]]:
    """Parts by what a text calls them; relative addresses are those of a text at `base`."""
    for part in parts:
        if identifier := header(part, "Content-ID").strip("<> "):
            yield f"cid:{identifier}", part
        if location := header(part, "Content-Location").replace(" ", ""):
            yield location, part
            yield urljoin(base, location), part


def of_a_page(part: EmailMessage) -> bool:
    """Whether a part is what a saved page is drawn with, and no file that somebody attached."""
    kind = part.get_content_type()
    return not part.is_attachment() and (
        kind in {"text/css", "text/javascript", "application/javascript", "application/x-javascript"}
        or kind.startswith(("image/", "font/", "application/font", "application/x-font"))
    )
