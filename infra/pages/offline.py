"""docs/offline.md with its table of sentences, as `codex-swarm offline` lists them."""

from __future__ import annotations

from codex_swarm.cli.sentences import SENTENCES
from infra.pages.filled import filled


def page() -> str:
    """The page with the table as it is now."""
    rows = "".join(f"| {_code(sentence.text)} | {sentence.does} |\n" for sentence in SENTENCES)
    return filled("offline.md", "sentences", f"| sentence | what it does |\n|---|---|\n{rows}")


def _code(text: str) -> str:
    # CommonMark, 6.1: a text that begins or ends with backticks stands between two, and blanks.
    inner = f" {text} " if text.endswith("`") else f"{text} "
    return f"``{inner}``" if "`" in text else f"`{text}`"
