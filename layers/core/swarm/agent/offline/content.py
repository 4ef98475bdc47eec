"""What the offline model writes into a file: well-formed for its type, about what was asked, nothing invented."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable
from pathlib import PurePosixPath

from codex_swarm.models import TaskType
from swarm.agent.offline.outlines import OUTLINES
from swarm.workspace.file_types import file_type

_LONGEST_LINE = 300
_LONGEST_TITLE = 70
_GREETING = re.compile(r"\b(?:greetings?|greet|hello|welcome)\b", re.IGNORECASE)
_LETTER = re.compile(r"\bletter\b", re.IGNORECASE)
_TABLE = re.compile(r"\btable\b", re.IGNORECASE)
_COLUMNS = re.compile(r"\b(?:columns?|fields?|headers?|headings?)\b:?\s+(.+)", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:an?|the|some)\s+", re.IGNORECASE)

_GREETING_TEXT = """# Hello!

Welcome, and thank you for opening this file. It is good to have you here.

Have a great day!
"""

OFFLINE_NOTE = "_Written offline, without a language model: a structure to build on. It states no facts._"


def content_of(path: str, about: str, task_type: TaskType) -> str:
    """A file's text. The same path and subject always give the same text."""
    subject = one_line(about) or PurePosixPath(path).stem.replace("_", " ").replace("-", " ")
    writer = _WRITERS.get(file_type(path))
    return writer(subject) if writer else _document(subject, task_type)


def one_line(text: str) -> str:
    """The text as one line of printable characters, cut where it gets long."""
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE].rsplit(' ', 1)[0]} …"


def title_of(subject: str) -> str:
    """A heading for the subject: without its article, cut where it gets long."""
    bare = _ARTICLE.sub("", subject.strip("\"'`#*_ ."), count=1) if _ARTICLE.match(subject) else subject
    short = bare if len(bare) <= _LONGEST_TITLE else f"{bare[:_LONGEST_TITLE].rsplit(' ', 1)[0]} …"
    return short[:1].upper() + short[1:]


def _columns(subject: str) -> list[str]:
    found = _COLUMNS.search(subject)
    names = re.split(r",\s*(?:and\s+)?|\s+and\s+", found[1].rstrip(".")) if found else []
    return [name.strip(" \"'`|") for name in names if name.strip(" \"'`|")] or ["item", "description", "quantity"]


def _document(subject: str, task_type: TaskType) -> str:
    if _GREETING.search(subject):
        return _GREETING_TEXT
    if _LETTER.search(subject):
        return _letter(subject)
    if _TABLE.search(subject):
        return _markdown_table(subject)
    sections = OUTLINES[task_type]
    quoted = f"“{subject.rstrip('.')}”"
    body = "\n\n".join(f"## {heading}\n\n{text.format(subject=quoted)}" for heading, text in sections)
    return f"# {title_of(subject)}\n\n{body}\n\n---\n\n{OFFLINE_NOTE}\n"


def _letter(subject: str) -> str:
    return (
        "[Sender]\n[Address]\n\n[Recipient]\n[Address]\n\n[Date]\n\n"
        f"**Subject: {title_of(subject)}**\n\nDear [Recipient],\n\n"
        f"I am writing to you about the following: {subject.rstrip('.')}.\n\n"
        "[What the recipient should know, in one paragraph.]\n\n"
        "[What you ask for, and by when.]\n\nYours sincerely,\n\n[Name]\n"
    )


def _markdown_table(subject: str) -> str:
    columns = [name.replace("|", "\\|") for name in _columns(subject)]
    rows = [[f"{name} {number}" for name in columns] for number in (1, 2, 3)]
    lines = [columns, ["---"] * len(columns), *rows]
    return f"# {title_of(subject)}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _csv(subject: str) -> str:
    columns = _columns(subject)
    sheet = io.StringIO()
    rows = csv.writer(sheet, lineterminator="\n")
    rows.writerow(columns)
    rows.writerows([f"{name} {number}" for name in columns] for number in (1, 2, 3))
    return sheet.getvalue()


def _json(subject: str) -> str:
    found = _COLUMNS.search(subject)
    fields = dict.fromkeys(_columns(subject), "") if found else {"title": title_of(subject), "description": subject}
    return json.dumps(fields, indent=2, ensure_ascii=False) + "\n"


def _yaml(subject: str) -> str:
    # JSON strings are YAML strings.
    return f"title: {json.dumps(title_of(subject))}\ndescription: {json.dumps(subject)}\n"


def said_by_code(subject: str) -> str:
    """What a program about the subject prints."""
    return "Hello, world!" if _GREETING.search(subject) else title_of(subject)


def _python(subject: str) -> str:
    return (
        f'"""Says what it is about."""\n\n\ndef message() -> str:\n    """The text to print."""\n'
        f"    return {json.dumps(said_by_code(subject))}\n\n\n"
        'def main() -> None:\n    """Print the message."""\n    print(message())\n\n\n'
        'if __name__ == "__main__":\n    main()\n'
    )


def _javascript(subject: str) -> str:
    return f"const message = {json.dumps(said_by_code(subject))};\n\nconsole.log(message);\n"


def _shell(subject: str) -> str:
    quoted = "'" + said_by_code(subject).replace("'", "'\\''") + "'"
    return f"#!/bin/sh\nset -eu\n\nprintf '%s\\n' {quoted}\n"


def _html(subject: str) -> str:
    title, text = html.escape(said_by_code(subject)), html.escape(subject)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n  <meta charset="utf-8">\n'
        f"  <title>{title}</title>\n</head>\n<body>\n  <h1>{title}</h1>\n  <p>{text}</p>\n</body>\n</html>\n"
    )


def _css(subject: str) -> str:
    return f"/* {subject.replace('*/', '* /')} */\n\nbody {{\n  font-family: sans-serif;\n  line-height: 1.5;\n}}\n"


def _xml(subject: str) -> str:
    title, text = html.escape(title_of(subject)), html.escape(subject)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<document>\n  <title>{title}</title>\n  <text>{text}</text>\n</document>\n"
    )


def _text(subject: str) -> str:
    if _GREETING.search(subject):
        return "Hello!\n\nIt is good to have you here.\n"
    return f"{title_of(subject)}\n"


_WRITERS: dict[str, Callable[[str], str]] = {
    "text": _text,
    "binary": _text,
    "csv": _csv,
    "json": _json,
    "yaml": _yaml,
    "python": _python,
    "javascript": _javascript,
    "typescript": _javascript,
    "shell": _shell,
    "html": _html,
    "css": _css,
    "xml": _xml,
}
