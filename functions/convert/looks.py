"""Where a document that is made gets its looks: from a document of the workspace, or from a template of ours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from convert.archives import check_archive
from convert.errors import CannotConvert
from convert.formats import DOCX, ODT, PDF, PPTX, Format, format_of
from convert.workspace import file_in

if TYPE_CHECKING:
    from convert.tools.convert_document import Conversion

_TEMPLATES = Path(__file__).with_name("templates")
_REFERENCES = {DOCX.name: DOCX, PDF.name: DOCX, ODT.name: ODT, PPTX.name: PPTX}
"""Target -> the format of what gives it its looks."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A document whose looks another takes. `ours` is one of the templates."""

    place: Path
    name: str
    ours: bool


def templates() -> dict[str, dict[str, Path]]:
    """The files of each template, by its name and their format. `python -m infra.documents` makes them."""
    found: dict[str, dict[str, Path]] = {}
    for place in sorted(_TEMPLATES.iterdir()):
        found.setdefault(place.stem, {})[place.suffix.removeprefix(".")] = place
    return found


def reference_of(request: Conversion, workspace: Path, target: Format) -> Reference | None:
    """What gives the target its looks; None without any. Raises CannotConvert."""
    if request.template and request.reference_document:
        raise CannotConvert("template and reference_document both give looks; leave one of them out")
    if request.template:
        return _template(request.template, target)
    if request.reference_document is None:
        return None
    reference = format_of(request.reference_document)
    if _REFERENCES.get(target.name) is not reference:
        raise CannotConvert(
            f"reference_document is {reference.name} and the target is {target.name}; it gives its looks to a target"
            " of its own format, docx, odt or pptx, and a docx to a pdf"
        )
    place = file_in(workspace, request.reference_document)
    check_archive(place, request.reference_document)
    return Reference(place, request.reference_document, ours=False)


def _template(name: str, target: Format) -> Reference:
    known = templates()
    if name not in known:
        raise CannotConvert(f"there is no template {name[:100]!r}; known are {', '.join(known)}")
    files, wanted = known[name], _REFERENCES.get(target.name)
    if wanted is None or wanted.name not in files:
        targets = [suffix for suffix, of in _REFERENCES.items() if of.name in files]
        raise CannotConvert(f"the template {name} is for {', '.join(targets)}; the target is {target.name}")
    return Reference(files[wanted.name], f"the template {name}", ours=True)
