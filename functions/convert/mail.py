"""Mails and saved web pages (RFC 5322, RFC 2045 to 2049, RFC 2557) as HTML: headers, text, and what is attached.

Of alternatives the richest is shown. Messages inside of a message follow it, with headers of their own. Pictures that
the text shows go to a folder; everything else is an attachment: named in its place, and given to who wants the files.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from html import escape
from pathlib import Path, PurePosixPath
from typing import Any, cast
from urllib.parse import unquote, urljoin

from convert.errors import CannotConvert
from convert.pictures import kind_of
from convert.webpages import prepared
from swarm_job.charset import NotText, decoded
from swarm_job.paths import BadPath, valid_path

SHOWN = ("From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Date", "Subject")
_TELLING = (*SHOWN, "MIME-Version", "Content-Type", "Received", "Message-ID")
_MOST_PARTS = 1_000
_DEEPEST = 20
LONGEST_HEADER, LONGEST_PARAMETERS = 20_000, 2_000
"""Characters, of those that say what a part is the second; parsers take a time that grows faster than they do."""

_SOURCE = re.compile(r"""(\bsrc\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_HEAD = re.compile(r"<head\b.*?</head\s*>|<(?:!doctype|/?html|/?body)\b[^>]*>", re.IGNORECASE | re.DOTALL)
_ENCRYPTED = {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"}
_FAULTS = (ValueError, LookupError, AttributeError, TypeError)
"""What the parser of headers raises on some that are malformed."""


@dataclass(slots=True)
class Mail:
    """A mail as a web page, with its attachments by names that files can have. `notes` say what was guessed."""

    html: str = ""
    attachments: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class _Bounded(email.policy.EmailPolicy):
    """Headers are cut where they are too long for their parser."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, cut(name, value)


def cut(name: str, value: str) -> str:
    """What is read of a header's value."""
    return value[: LONGEST_PARAMETERS if name.lower().startswith("content-") else LONGEST_HEADER]


def read_mail(data: bytes, name: str, media: Path) -> Mail:
    """The mail; pictures that it shows are written into the folder `media`. Raises CannotConvert."""
    message = cast("EmailMessage", email.message_from_bytes(data, policy=_Bounded()))
    if not any(header(message, each) for each in _TELLING):
        raise CannotConvert(f"{name} is no mail: it has no header such as From or Subject; read_file reads it as it is")
    reader = _Reader(media)
    shown = "".join(reader.message(message, 1))
    page = f"<!DOCTYPE html><html><head><meta charset='utf-8'></head><body>{shown}</body></html>"
    return Mail(prepared(page), reader.attachments, reader.notes())


class _Reader:
    def __init__(self, media: Path) -> None:
        self.attachments: dict[str, bytes] = {}
        self._media = media
        self._guesses: list[str] = []
        self._parts = self._pictures = self._left = self._long = 0
        self._encrypted = False
        # Pictures of the text that is being read, by what it calls them: `cid:...`, or where they once were.
        self._resources: dict[str, EmailMessage] = {}
        self._used: set[int] = set()

    def notes(self) -> list[str]:
        """What was guessed, and what is not shown."""
        said = list(dict.fromkeys(self._guesses))
        if self._long:
            said.append(f"{self._long} headers are longer than {LONGEST_HEADER:,} characters, and cut there")
        if self._left:
            said.append(f"{self._left} more parts are left out; a mail is read to {_MOST_PARTS} parts, {_DEEPEST} deep")
        if self._encrypted:
            said.append("it is encrypted, and its text cannot be read; ask for a copy that is not")
        return said

    def message(self, message: EmailMessage, depth: int) -> Iterator[str]:
        """Headers, text and list of attachments of a message, then the messages inside of it."""
        attached: list[EmailMessage] = []
        self._long += sum(len(str(value)) == LONGEST_HEADER for _, value in message.raw_items())
        subject = header(message, "Subject")
        level = min(depth, 6)
        if subject:
            yield f"<h{level}>{escape(subject)}</h{level}>"
        lines = [f"<b>{each}:</b> {escape(value)}" for each in SHOWN[:-1] if (value := header(message, each))]
        if lines:
            yield f"<p>{'<br>'.join(lines)}</p>"
        yield from self._body(message, attached, depth)
        is_page = not header(message, "From") and message.get_content_type() == "multipart/related"
        files = [each for each in attached if each.get_content_type() != "message/rfc822"]
        files = [each for each in files if id(each) not in self._used and not (is_page and _of_a_page(each))]
        if files:
            yield f"<p><b>Attachments:</b> {'; '.join(map(escape, map(self._attach, files)))}</p>"
        for each in attached:
            if each.get_content_type() == "message/rfc822":
                yield from self._inner(each, depth)

    def _inner(self, part: EmailMessage, depth: int) -> Iterator[str]:
        if depth >= _DEEPEST or not _inside(part):
            self._left += 1
            return
        yield "<hr><p><b>Attached message:</b></p>"
        yield from self.message(_inside(part)[0], depth + 1)

    def _body(self, part: EmailMessage, attached: list[EmailMessage], depth: int) -> Iterator[str]:
        """The text of a part; what is not text is collected."""
        self._parts += 1
        if self._parts > _MOST_PARTS or depth > _DEEPEST:
            self._left += 1
            return
        kind = part.get_content_type()
        self._encrypted |= kind in _ENCRYPTED
        if kind == "message/rfc822" or _is_attachment(part):
            attached.append(part)
        elif kind == "message/delivery-status":
            blocks = _inside(part)
            self._left += max(len(blocks) - _MOST_PARTS, 0)
            yield from _paragraphs("\n\n".join(map(report, blocks[:_MOST_PARTS])))
        elif part.is_multipart():
            for each in self._to_show(part, kind, attached):
                yield from self._body(each, attached, depth + 1)
        elif kind in {"text/plain", "text/html"}:
            yield from self._text(part, attached)
        elif not kind.startswith("multipart/"):
            attached.append(part)

    def _to_show(self, part: EmailMessage, kind: str, attached: list[EmailMessage]) -> list[EmailMessage]:
        """Those parts of a part that make its text: all, the best alternative, or a page without its pictures."""
        inner = _inside(part)
        if kind == "multipart/alternative":
            best = max(enumerate(inner), key=lambda each: (_richness(each[1]), each[0]), default=(0, None))[1]
            attached += [each for each in inner if each is not best and not _richness(each)]
            return [] if best is None else [best]
        if kind != "multipart/related":
            return inner
        self._resources.update(_named(inner, header(part, "Content-Location")))
        shown = inner[:1] + [each for each in inner[1:] if _richness(each) and not _is_attachment(each)]
        attached += [each for each in inner if each not in shown]
        return shown

    def _text(self, part: EmailMessage, attached: list[EmailMessage]) -> Iterator[str]:
        try:
            text = decoded(content_of(part), part.get_content_charset())
        except NotText:
            attached.append(part)
            return
        if text.note:
            self._guesses.append(f"the text of a message: {text.note}")
        if part.get_content_type() == "text/plain":
            yield from _paragraphs(text.characters)
        else:
            base = header(part, "Content-Location")
            yield _SOURCE.sub(lambda found: self._shown(found, base), _HEAD.sub("", text.characters))

    def _shown(self, found: re.Match[str], base: str) -> str:
        """A picture's address in a text; of one that the mail holds, that of its file."""
        address = next(each for each in found.groups()[1:] if each is not None)
        part = self._resources.get(unquote(address)) or self._resources.get(urljoin(base, address))
        if part is None or part.get_content_maintype() != "image":
            return found[0]
        data = content_of(part)
        self._used.add(id(part))
        self._pictures += 1
        self._media.mkdir(parents=True, exist_ok=True)
        suffix = kind_of(data) or "bin"
        place = self._media / f"picture-{self._pictures}.{suffix}"
        place.write_bytes(data)
        return f'{found[1]}"{self._media.name}/{place.name}"'

    def _attach(self, part: EmailMessage) -> str:
        """Keep an attachment; gives its name, kind and size."""
        data = content_of(part)
        name = file_name(part)
        safe = PurePosixPath(name.replace("\\", "/")).name or f"attachment-{len(self.attachments) + 1}"
        try:
            valid_path(f"a/{safe}")
        except BadPath:
            safe = f"attachment-{len(self.attachments) + 1}{PurePosixPath(safe).suffix[:10]}"
        stem, suffix, number = PurePosixPath(safe).stem, PurePosixPath(safe).suffix, 2
        while safe in self.attachments:
            safe, number = f"{stem}-{number}{suffix}", number + 1
        self.attachments[safe] = data
        return f"{name or safe} ({part.get_content_type()}, {len(data):,} bytes)"


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


def _is_attachment(part: EmailMessage) -> bool:
    try:
        return part.is_attachment() or (bool(file_name(part)) and part.get_content_maintype() == "text")
    except _FAULTS:
        return True


def _inside(part: EmailMessage) -> list[EmailMessage]:
    """The parts of a part; of a message that is attached, the message."""
    inner = part.get_payload()
    return [each for each in inner if isinstance(each, EmailMessage)] if isinstance(inner, list) else []


def _richness(part: EmailMessage) -> int:
    """How much of a text's form an alternative keeps; 0 for what is not shown as text."""
    kind = part.get_content_type()
    if part.is_multipart():
        return max(map(_richness, _inside(part)), default=0)
    return {"text/html": 2, "text/plain": 1}.get(kind, 0)


def _named(parts: list[EmailMessage], base: str) -> Iterator[tuple[str, EmailMessage]]:
    for part in parts:
        if identifier := header(part, "Content-ID").strip("<> "):
            yield f"cid:{identifier}", part
        if location := header(part, "Content-Location").replace(" ", ""):
            yield location, part
            yield urljoin(base, location), part


def _of_a_page(part: EmailMessage) -> bool:
    """Whether a part is what a saved page is drawn with, and no file that somebody attached."""
    kind = part.get_content_type()
    return not part.is_attachment() and (
        kind in {"text/css", "text/javascript", "application/javascript", "application/x-javascript"}
        or kind.startswith(("image/", "font/", "application/font", "application/x-font"))
    )


def _paragraphs(text: str) -> Iterator[str]:
    """Plain text with its lines and the blanks that they begin with."""
    for paragraph in re.split(r"\n(?:[ \t]*\n)+", text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")):
        lines = []
        for line in paragraph.expandtabs(4).splitlines():
            bare = line.lstrip(" ")
            lines.append("&nbsp;" * (len(line) - len(bare)) + escape(bare))
        if any(lines):
            yield f"<p>{'<br>'.join(lines)}</p>"
