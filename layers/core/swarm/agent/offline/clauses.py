"""Splitting instructions into clauses, and finding file names and quoted texts in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from swarm.workspace.file_types import file_type

VERBS = "create|make|write|add|generate|produce|draft|save|prepare|build|put"
_DOING = rf"{VERBS}|touch|convert|wait|sleep|pause|delete|remove|ask|delegate|execute"
_STARTS = rf"(?:{_DOING})\b|(?:call|return)\s+`|fail\s+with\b|run\s+`"

_QUOTED = re.compile(r"```.*?```|`[^`\n]+`|\"[^\"]+\"|“[^”]+”|(?<!\w)'[^'\n]+'(?!\w)", re.DOTALL)
_BREAK = re.compile(
    rf"(?<=[.!?;])\s+|\s*\n\s*(?!\s|```)|;|,?\s+(?:and\s+)?then,?\s+|,?\s+and\s+(?={_STARTS})|,\s+(?={_STARTS})",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"\s{200,}")
"""Runs of blanks that no instruction has; collapsed, they cannot slow the patterns down."""
_LEAD = re.compile(
    r"(?:(?:please|first|next|finally|also|now|then|and|you\s+should|can\s+you|could\s+you)[,\s]+)+", re.IGNORECASE
)
_TOKEN = re.compile(r"\"[^\"\n]{1,200}\"|(?<!\w)'[^'\n]{1,200}'|`[^`\n]{1,200}`|[^\s,;:()\[\]<>\"“”'`]+")
_INTRODUCED = re.compile(r"\b(?:called|named|file|into|to|as)\s+$", re.IGNORECASE)
_FILE_CALLED = re.compile(r"\b(?:file|document|script)s?\s+(?:called|named)\s+$", re.IGNORECASE)
_MENTIONED = re.compile(
    r"\b(?:on|about|of|for|like|than|from|using|with|via|by|saying|says|containing|reading|contents?|text"
    r"|compar(?:es?|ing)|summari[sz](?:es?|ing)|analy[sz](?:es?|ing)|reads?|quot(?:es?|ing)|cit(?:es?|ing)"
    r"|between|against|based\s+(?:up)?on|(?:data|text|contents?|numbers|rows|code|bugs?|errors?|information|described|found)\s+in)\s+$",
    re.IGNORECASE,
)
_LISTED = re.compile(r"\s*(?:,|&|\b(?:and|or|as\s+well\s+as)\b)+(?:\s*(?:and|or|the(?:\s+file)?)\b)*\s*", re.IGNORECASE)
"""What stands between two names of one list."""
_FURTHER_TEXT_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        "txt",
        "log",
        "toml",
        "ini",
        "cfg",
        "sql",
        "go",
        "rs",
        "java",
        "rb",
        "php",
        "c",
        "h",
        "cpp",
        "cs",
        "sum",
        "eml",
        "mht",
        "mhtml",
    )
)
_LOOK_BEHIND = 40


@dataclass(frozen=True, slots=True)
class Named:
    """A file name and where it stands in a clause."""

    path: str
    start: int
    end: int


def clauses(text: str) -> Iterator[str]:
    """The parts of the text that may each be one instruction. Quoted text and code are never cut."""
    text = _BLANKS.sub(" ", text)
    masked = _QUOTED.sub(lambda quoted: "x" * len(quoted.group()), text)
    # A command in backticks opens a clause of its own, so its opening backtick stays visible.
    masked = "".join("`" if original == "`" else shown for original, shown in zip(text, masked, strict=True))
    start = 0
    for found in _BREAK.finditer(masked):
        yield from _trimmed(text[start : found.start()])
        start = found.end()
    yield from _trimmed(text[start:])


def _trimmed(clause: str) -> Iterator[str]:
    bare = _LEAD.sub("", clause.strip(), count=1) if _LEAD.match(clause.strip()) else clause.strip()
    if bare.strip(" .!?;,"):
        yield bare


def quoted(text: str) -> list[str]:
    """The quoted texts without their quotes; of fenced code, the code without the line of the fence."""
    return [_unquote(found.group()) for found in _QUOTED.finditer(text)]


def _unquote(text: str) -> str:
    if not text.startswith("```"):
        return text[1:-1]
    first, newline, rest = text[3:-3].partition("\n")
    return rest if newline else first


def file_names(clause: str) -> list[Named]:
    """The files that a clause names as its object, in order; not those it only mentions (`a talk on node.js`).

    Of `a summary of a.csv and b.md` it mentions both: what goes on a list is on it for the same reason.
    """
    objects: list[Named] = []
    mentioned_to = -1
    for named in _tokens(clause):
        listed = mentioned_to >= 0 and _LISTED.fullmatch(clause[mentioned_to : named.start]) is not None
        if listed and _has_suffix(named.path):
            mentioned_to = named.end
        elif _is_object(clause, named):
            objects.append(named)
        elif _has_suffix(named.path) and _MENTIONED.search(_before(clause, named)):
            mentioned_to = named.end
    return objects


def target_names(clause: str) -> list[Named]:
    """The files that a clause names as the place for its result: `to a.md`, `into a.md`, `as a.md`."""
    return [named for named in file_names(clause) if _INTRODUCED.search(_before(clause, named))]


def mentioned_names(clause: str) -> list[Named]:
    """Every file name in a clause."""
    return [named for named in _tokens(clause) if _has_known_suffix(named.path)]


def _tokens(clause: str) -> Iterator[Named]:
    for found in _TOKEN.finditer(clause):
        path = found.group().strip("\"'`").rstrip(".!?")
        if path:
            yield Named(path, found.start(), found.end())


def _is_object(clause: str, named: Named) -> bool:
    before = _before(clause, named)
    if _FILE_CALLED.search(before):
        return True
    if _MENTIONED.search(before):
        return False
    return _has_known_suffix(named.path) or (_has_suffix(named.path) and bool(_INTRODUCED.search(before)))


def _before(clause: str, named: Named) -> str:
    return clause[max(0, named.start - _LOOK_BEHIND) : named.start]


def _has_suffix(path: str) -> bool:
    suffix = PurePosixPath(path).suffix
    return suffix[1:].isalnum() and not suffix[1:].isdigit() and "://" not in path


def _has_known_suffix(path: str) -> bool:
    known = file_type(path) not in {"text", "binary"} or PurePosixPath(path).suffix in _FURTHER_TEXT_SUFFIXES
    return known and _has_suffix(path)
