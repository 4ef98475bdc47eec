"""docs/offline.md with its table of sentences, as `codex-swarm offline` lists them."""

from __future__ import annotations

from pathlib import Path

from codex_swarm.cli.sentences import SENTENCES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "offline.md"
BEGIN, END = "<!-- sentences: ./run.sh pages writes them -->\n", "<!-- end of the sentences -->\n"


def page() -> str:
    """The page with the table as it is now."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    rows = "".join(f"| {_code(sentence.text)} | {sentence.does} |\n" for sentence in SENTENCES)
    return f"{before}{BEGIN}| sentence | what it does |\n|---|---|\n{rows}{END}{rest.partition(END)[2]}"


def _code(text: str) -> str:
    # CommonMark, 6.1: a text that begins or ends with backticks stands between two, and blanks.
    inner = f" {text} " if text.endswith("`") else f"{text} "
    return f"``{inner}``" if "`" in text else f"`{text}`"
