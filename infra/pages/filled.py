"""Pages that people write, but for one part, which is made."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def filled(page: str, what: str, made: str) -> str:
    """A page of `docs/` as it is now, with `made` between the two comments that name `what`, such as "fields"."""
    begin, end = f"<!-- {what}: ./run.sh pages writes them -->\n", f"<!-- end of the {what} -->\n"
    before, _, rest = (DOCS / page).read_text("utf-8").partition(begin)
    return before + begin + made + end + rest.partition(end)[2]
