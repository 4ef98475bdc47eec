"""Passages of documents, word for word, with the place where each stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

LONGEST_QUOTE = 240
_WORD = re.compile(r"[^\W\d_]{4,}")
_COMMON = frozenset(
    "about after also analyse analyze answer before between compare could document documents does each every extract"
    " file files find findings from give have list make many much please question report review said says should"
    " show some summarise summarize summary tell than that their them then there these they this those under what"
    " when where which will with would write your".split()
)
_RANGE = re.compile(r"\[(?P<path>.+), lines (?P<first>\d+) to \d+ of \d+\]")
_GAP = re.compile(r"\[\.\.\. lines (?P<first>\d+) to (?P<last>\d+) left out; .*\]")
_PAGE = re.compile(r"--- page (?P<number>\d+) of \d+ ---")
_HEADING = re.compile(r"#{1,6}\s+(?P<title>.+?)(?:\s+\{.*\})?\s*")


@dataclass(frozen=True, slots=True)
class Passage:
    """A line of a document, and its place as a reader looks it up."""

    text: str
    place: str
    path: str


def keywords(question: str) -> list[str]:
    """The words of a question that say what it is about, in their order."""
    words = (word.lower() for word in _WORD.findall(question))
    return [word for word in dict.fromkeys(words) if word not in _COMMON]


def lines_of_text(path: str, output: str) -> Iterator[Passage]:
    """The lines that `read_file` gave, each with its number."""
    number = 1
    for line in output.split("\n"):
        if found := _RANGE.fullmatch(line):
            number = int(found["first"])
        elif found := _GAP.fullmatch(line):
            number = int(found["last"]) + 1
        else:
            yield Passage(line, f"{path}:{number}", path)
            number += 1


def gaps(output: str) -> list[tuple[int, int]]:
    """The ranges of lines that `read_file` left out."""
    return [(int(found["first"]), int(found["last"])) for found in _GAP.finditer(output)]


def lines_of_document(path: str, output: str) -> Iterator[Passage]:
    """The lines that `read_document` gave, each with its page, or with the heading that it stands under."""
    place = path
    for line in output.splitlines():
        if found := _PAGE.fullmatch(line):
            place = f"{path}, page {found['number']}"
        elif found := _HEADING.fullmatch(line):
            place = f"{path}, under “{found['title']}”"
            yield Passage(found["title"], place, path)
        elif not (line.startswith("[") and line.endswith("]")):
            yield Passage(line, place, path)


def matching(passages: Iterable[Passage], words: Sequence[str], most: int) -> list[Passage]:
    """The passages that have most of the words, in the order in which they stand."""
    scored = [
        (sum(has(passage.text, word) for word in words), place, passage) for place, passage in enumerate(passages)
    ]
    best = sorted((entry for entry in scored if entry[0]), key=lambda entry: (-entry[0], entry[1]))[:most]
    return [passage for _, _, passage in sorted(best, key=lambda entry: entry[1])]


def has(text: str, word: str) -> bool:
    """Whether a text has the word, in whatever form."""
    stem = word[: max(4, len(word) - 2)]
    return stem in text.lower()


def quoted(passage: Passage) -> str:
    """The words themselves, without list marks, cut between words where they are many."""
    text = re.sub(r"^\s*(?:[-*+>•‣▪◦]|\d+[.)]|#+)\s+", "", passage.text).strip()
    return text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE].rsplit(" ", 1)[0]
