"""The document formats that people name in instructions, and the suffixes that they mean."""

from __future__ import annotations

import re

_FORMATS = {"word": "docx", "powerpoint": "pptx", "excel": "xlsx", "markdown": "md", "latex": "tex", "text": "txt"}
_FORMAT = re.compile(
    r"\b(docx|word|pdf|html|odt|rtf|epub|latex|rst|ipynb|pptx|powerpoint|xlsx|excel|csv|json|markdown|md|txt|text)\b",
    re.IGNORECASE,
)
_KINDS = "word|docx|pdf|powerpoint|pptx|odt|epub|rtf"
_ASKED = re.compile(
    rf"[\s,]*\bas\s+(?:an?\s+)?(?:{_KINDS})\b(?!\.\w)(?:(?:\s*[,/]\s*|\s+(?:and|or)\s+)(?:as\s+)?(?:an?\s+)?(?:{_KINDS})\b)*"
    r"(?:\s+(?:document|file|report|presentation)s?\b)?"
    rf"|(?<=\ba\s)(?:{_KINDS})(?=\s+(?:document|file|report|letter|presentation|version)\b)",
    re.IGNORECASE,
)


def named_formats(text: str) -> tuple[str, ...]:
    """The suffixes of the formats that a text names, in order."""
    words = (word.lower() for word in _FORMAT.findall(text))
    return tuple(dict.fromkeys(f".{_FORMATS.get(word, word)}" for word in words))


def asked_formats(prose: str) -> tuple[str, ...]:
    """The suffixes of the formats that a document is asked for in: `as Word and PDF`, `a PDF file about bees`."""
    named = (suffix for found in _ASKED.finditer(prose) for suffix in named_formats(found[0]))
    return tuple(dict.fromkeys(named))


def without_formats(prose: str) -> str:
    """The prose without the words that ask for a format."""
    return " ".join(_ASKED.sub("", prose).split())
