"""What mails and saved web pages hold, by the parser's older interface: the one that `convert.mail` does not use."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import Any

from convert.inventory import Content, Item
from convert.inventory.web import page
from convert.mime import beyond_ascii, cut
from swarm_job.charset import NotText, decoded

_HEADERS = ("From", "Reply-To", "To", "Cc", "Bcc", "Date", "Subject")
_DRAWN_WITH = ("image/", "font/", "text/css", "text/javascript", "application/javascript")
_MOST = 2_000


class _Bounded(email.policy.Compat32):
    """Headers are cut as they are for the reader, which says so."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, cut(name, value)


def take(place: Path, name: str) -> Iterator[Item]:
    """Headers, texts and files of a mail and of the messages inside of it."""
    message = email.message_from_bytes(place.read_bytes(), policy=_Bounded())
    for number, (part, shown) in enumerate(_parts(message, shown=True)):
        if number == _MOST:
            return
        where = f"part {number + 1}"
        for header in _HEADERS:
            if value := part.get(header):
                yield Item(Content.MAIL_HEADER, f"{where}, {header}", _words(value))
        if part.get_content_type() == "message/delivery-status":
            yield from _report(part, where)
        elif not part.is_multipart() and shown:
            yield from _content(part, where, saved_page=not message.get("From"))


def _parts(part: Message[Any, Any], *, shown: bool) -> Iterator[tuple[Message[Any, Any], bool]]:
    """Every part, and whether it is one to be shown: a plain text beside a page that says the same is not."""
    yield part, shown
    payload = part.get_payload()
    inner = [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []
    pages = [each for each in inner if any(one.get_content_type() == "text/html" for one in each.walk())]
    choice = part.get_content_type() == "multipart/alternative" and bool(pages)
    for each in inner:
        plain = each.get_content_type() == "text/plain" and each.get_filename() is None
        yield from _parts(each, shown=shown and not (choice and plain))


def _report(part: Message[Any, Any], where: str) -> Iterator[Item]:
    for number, block in enumerate(part.get_payload(), 1):
        if isinstance(block, Message):
            yield from (Item(Content.TEXT, f"{where}, block {number}", _words(value)) for value in block.values())


def _content(part: Message[Any, Any], where: str, *, saved_page: bool) -> Iterator[Item]:
    kind, name = part.get_content_type(), part.get_filename()
    attached = part.get_content_disposition() == "attachment" or name is not None
    if kind in {"text/plain", "text/html"} and not attached:
        data = part.get_payload(decode=True)
        try:
            text = decoded(data if isinstance(data, bytes) else b"", part.get_content_charset()).characters
        except NotText:
            return
        if kind == "text/html":
            yield from page(text, where)
        else:
            for number, paragraph in enumerate(re.split(r"\n\s*\n", text), 1):
                if paragraph.strip():
                    yield Item(Content.TEXT, f"{where}, paragraph {number}", paragraph)
    elif kind.startswith("image/") and (part.get("Content-ID") or part.get("Content-Location")):
        return  # a picture of the text, which has its own item there
    elif not (saved_page and kind.startswith(_DRAWN_WITH)):
        yield Item(Content.ATTACHMENT, where, _words(name) if name else kind)


def _words(value: Any) -> str:
    text = str(value)
    if not text.isascii():
        return beyond_ascii(text)
    try:
        return str(make_header(decode_header(text)))
    except (ValueError, LookupError):
        return text
