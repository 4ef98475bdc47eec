"""The looks that the convert function brings along by name, and which conversions take the one that a run was given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType

from codex_swarm.models import DocumentTemplate

PAGES = (".docx", ".pdf", ".odt")

TARGETS: Mapping[DocumentTemplate, tuple[str, ...]] = MappingProxyType(
    {name: (".pptx",) if name is DocumentTemplate.SLIDES else PAGES for name in DocumentTemplate}
)
"""The suffixes that each is for; `python -m infra.documents` makes them."""

TEMPLATES = "slides for pptx; letter, report, minutes, proposal, invoice or cv for docx, odt and pdf"
"""The same in words."""

_WORD = frozenset({".docx", ".docm", ".dotx", ".dotm"})


def suits(template: DocumentTemplate | None, source: str, target: str) -> bool:
    """Whether a conversion takes the run's template without being told to.

    A Word file made from a Word file stays as it is: its own headers, styles and comments are worth more.
    """
    kinds = [PurePosixPath(f"file{path}" if path.startswith(".") else path).suffix.lower() for path in (source, target)]
    return template is not None and kinds[1] in TARGETS[template] and not _WORD.issuperset(kinds)
