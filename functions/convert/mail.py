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
from email.message import EmailMessage
from html import escape
from pathlib import Path, PurePosixPath
from typing import cast
from urllib.parse import unquote, urljoin

from convert.errors import CannotConvert
from convert.mime import (
    LONGEST_HEADER,
    Bounded,
    content_of,
    file_name,
    header,
    inside,
    is_attachment,
    named,
    of_a_page,
    report,
    richness,
)
from convert.pictures import kind_of
from convert.webpages import prepared
from swarm_job.charset import NotText, decoded
from swarm_job.paths import BadPath, valid_path

SHOWN = ("From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Date", "Subject")
_TELLING = (*SHOWN, "MIME-Version", "Content-Type", "Received", "Message-ID")
_MOST_PARTS = 1_000
_DEEPEST = 20
_SOURCE = re.compile(r"""(\bsrc\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_HEAD = re.compile(r"<head\b.*?</head\s*>|<(?:!doctype|/?html|/?body)\b[^>]*>", re.IGNORECASE | re.DOTALL)
_ENCRYPTED = {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"}


@dataclass(slots=True)
class Mail:
    """A mail as a web page, with its attachments by names that files can have. `notes` say what was guessed."""

    html: str = ""
    attachments: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_mail(data: bytes, name: str, media: Path) -> Mail:
    """The mail; pictures that it shows are written into the folder `media`. Raises CannotConvert."""
    message = cast("EmailMessage", email.message_from_bytes(data, policy=Bounded()))
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
        files = [each for each in files if id(each) not in self._used and not (is_page and of_a_page(each))]
        if files:
            yield f"<p><b>Attachments:</b> {'; '.join(map(escape, map(self._attach, files)))}</p>"
        for each in attached:
            if each.get_content_type() == "message/rfc822":
                yield from self._inner(each, depth)

    def _inner(self, part: EmailMessage, depth: int) -> Iterator[str]:
        if depth >= _DEEPEST or not inside(part):
            self._left += 1
            return
        yield "<hr><p><b>Attached message:</b></p>"
        yield from self.message(inside(part)[0], depth + 1)

    def _body(self, part: EmailMessage, attached: list[EmailMessage], depth: int) -> Iterator[str]:
        """The text of a part; what is not text is collected."""
        self._parts += 1
        if self._parts > _MOST_PARTS or depth > _DEEPEST:
            self._left += 1
            return
        kind = part.get_content_type()
        self._encrypted |= kind in _ENCRYPTED
        if kind == "message/rfc822" or is_attachment(part):
            attached.append(part)
        elif kind == "message/delivery-status":
            blocks = inside(part)
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
        inner = inside(part)
        if kind == "multipart/alternative":
            best = max(enumerate(inner), key=lambda each: (richness(each[1]), each[0]), default=(0, None))[1]
            attached += [each for each in inner if each is not best and not richness(each)]
            return [] if best is None else [best]
        if kind != "multipart/related":
            return inner
        self._resources.update(named(inner, header(part, "Content-Location")))
        shown = inner[:1] + [each for each in inner[1:] if richness(each) and not is_attachment(each)]
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


def _paragraphs(text: str) -> Iterator[str]:
    """Plain text with its lines and the blanks that they begin with."""
    for paragraph in re.split(r"\n(?:[ \t]*\n)+", text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")):
        lines = []
        for line in paragraph.expandtabs(4).splitlines():
            bare = line.lstrip(" ")
            lines.append("&nbsp;" * (len(line) - len(bare)) + escape(bare))
        if any(lines):
            yield f"<p>{'<br>'.join(lines)}</p>"
