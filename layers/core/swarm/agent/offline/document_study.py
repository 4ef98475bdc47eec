"""What the offline model does with a question about documents: reads each, and quotes what has the question's words."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence

from codex_swarm.models import TaskType
from swarm.agent.offline.content import content_of, one_line
from swarm.agent.offline.naming import document_name
from swarm.agent.offline.quotations import (
    Passage,
    gaps,
    has,
    keywords,
    lines_of_document,
    lines_of_text,
    matching,
    quoted,
)
from swarm.agent.offline.script import Made, Script, ending, listed, writing
from swarm.agent.offline.turns import PlannedCall, PlannedTurn

READ, READ_DOCUMENT = "read_file", "read_document"
MOST_DOCUMENTS = 20
MOST_PARTS = 10
MOST_QUOTES = 3
_NOTE = (
    "Found offline, without a language model: the passages below have words of the question. Nobody has weighed them;"
    " the quotations are word for word."
)
_TEXTS = frozenset("markdown text html latex rst csv json yaml xml".split())
_OFFICE = frozenset("docx pdf pptx xlsx odt rtf epub notebook".split())
_GO_ON = re.compile(r"go on with start_page (\d+)\]\s*\Z")
_SCAN = "[no text: the page is a picture or a scan"
_NO_TEXT = re.compile(r"\S.* is not text: .*|\[.* is empty\]")

Texts = Mapping[str, list[Passage]]


def document_study(question: str, task_type: TaskType, formats: Sequence[str], offered: frozenset[str]) -> Script:
    """Read the documents that are meant, or all; write what they say, with the place of every quotation."""
    path = document_name(question, task_type)
    [listing] = yield PlannedTurn("Looking for the documents.", (PlannedCall("list_files", {"prefix": None}),))
    documents = _documents(listed(listing), question, path)
    if not documents:
        yield writing("There is no document to read.", {path: content_of(path, question, task_type)})
        yield from ending(f"Done: create {path}. The workspace has no document to read.", path, formats, offered)
        return
    texts, unread = yield from _reading(documents, offered)
    yield writing(f"Next: {path}.", {path: findings(question, texts, unread)})
    summary = f"Done: {path} quotes {_counted(len(texts), 'document')}" + (
        f"; not read: {', '.join(unread)}." if unread else "."
    )
    yield from ending(summary, path, formats, offered)


def _documents(files: Mapping[str, str], question: str, result: str) -> dict[str, str]:
    readable = {path: kind for path, kind in files.items() if kind in _TEXTS | _OFFICE and path != result}
    named = {path: kind for path, kind in readable.items() if path.rpartition("/")[2] in question}
    return dict([*(named or readable).items()][:MOST_DOCUMENTS])


def _reading(
    documents: Mapping[str, str], offered: frozenset[str]
) -> Generator[PlannedTurn, Sequence[Made], tuple[Texts, dict[str, str]]]:
    """Read everything to its end; the passages by path, and why a document could not be read."""
    texts: dict[str, list[Passage]] = {}
    unread: dict[str, str] = {}
    calls = []
    for path, kind in documents.items():
        if kind in _TEXTS:
            calls.append(PlannedCall(READ, {"path": path}, f"read {path}"))
        elif READ_DOCUMENT in offered:
            calls.append(PlannedCall(READ_DOCUMENT, {"path": path}, f"read {path}"))
        else:
            unread[path] = "documents of this format cannot be read in this installation"
    for _ in range(MOST_PARTS):
        if not calls:
            break
        made = yield PlannedTurn(f"Reading {_counted(len(calls), 'document')}.", tuple(calls))
        calls = []
        for each in made:
            path = each.text("path")
            if not each.ok or _NO_TEXT.fullmatch(each.output):
                unread[path] = one_line(each.output.removeprefix("error: "))
                continue
            if scanned := each.output.count(f"\n{_SCAN}"):
                unread[path] = f"{_counted(scanned, 'page')} of it without text, a scan"
            parts = lines_of_text if each.tool == READ else lines_of_document
            texts.setdefault(path, []).extend(parts(path, each.output))
            calls += _further(each)
    return texts, unread


def _further(made: Made) -> list[PlannedCall]:
    """What is left to read of a document after this part."""
    path = made.text("path")
    if made.tool == READ:
        return [
            PlannedCall(READ, {"path": path, "start_line": first, "end_line": last}, f"read on in {path}")
            for first, last in gaps(made.output)[:1]
        ]
    more = _GO_ON.search(made.output)
    return (
        [PlannedCall(READ_DOCUMENT, {"path": path, "start_page": int(more[1])}, f"read on in {path}")] if more else []
    )


def findings(question: str, texts: Texts, unread: Mapping[str, str]) -> str:
    """The report: quotations with their places, the words that no document has, and the sources."""
    words = keywords(question)
    parts = [
        f"# Findings\n\nQuestion: {one_line(question)}\n",
        f"{_NOTE}\n\n## Findings\n",
    ]
    for number, (path, passages) in enumerate(texts.items(), 1):
        filled = [passage for passage in passages if passage.text.strip(" \t#-*_=|")]
        found = matching(filled, words, MOST_QUOTES)
        about = "" if found else " has none of the words; it begins:"
        parts.append(f"### {path} [{number}]{about}\n")
        parts += [f"> {quoted(passage)}\n\n{passage.place}\n" for passage in found or filled[:1]]
    parts.append(_not_mentioned(words, texts))
    parts.append(_sources(texts, unread))
    return "\n".join(parts)


def _not_mentioned(words: Sequence[str], texts: Texts) -> str:
    everything = "\n".join(passage.text for passages in texts.values() for passage in passages)
    missing = [word for word in words if not has(everything, word)]
    lines = [f"- “{word}”: searched for in {_counted(len(texts), 'document')}, not found\n" for word in missing]
    return "## Not mentioned\n\n" + ("".join(lines) or "Every word of the question occurs somewhere.\n")


def _sources(texts: Texts, unread: Mapping[str, str]) -> str:
    read = [
        f"{number}. {path}, {_counted(len(passages), 'line')} read\n"
        for number, (path, passages) in enumerate(texts.items(), 1)
    ]
    not_read = [f"- {path} was not read: {reason}\n" for path, reason in unread.items()]
    return "## Sources\n\n" + "".join([*read, *(["\n"] if not_read else []), *not_read])


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
