"""What becomes of a document's images: carried into the new document, or referred to from its place.

Nothing is ever fetched. An image comes from inside the source, from a `data:` URI or from the workspace.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, unquote_to_bytes

from convert.errors import CannotConvert, CannotEmbed
from convert.pictures import REDRAWN, kind_of, pixels, redrawn
from convert.tree import words
from convert.workspace import beside, file_in, reference_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convert.formats import Format
    from convert.tree import Element

MEDIA = "media"
"""The folder of the images that a new document embeds, inside the scratch folder."""

_SHOWN = 80
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:|^//")


@dataclass
class Images:
    """The images of one document on its way from `source` to `target`, paths of the workspace.

    `inside` is the scratch folder that images from within the source were unpacked to. `notes` say which images
    stayed out and why; `saved` are new files for the workspace: path -> where they lie now.
    """

    workspace: Path
    scratch: Path
    source: str
    target: str
    format: Format
    inside: str
    notes: list[str] = field(default_factory=list)
    saved: dict[str, Path] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def change(self, element: Element) -> Sequence[Element]:
        """The image as the new document has it; other elements stay."""
        if element["t"] != "Image":
            return [element]
        attributes, description, (reference, title) = element["c"]
        if self.format.embeds is None:
            place: str | None = self._referred(reference)
        else:
            place = self._embedded(reference)
        if place is None:
            return _instead(description, reference)
        return [{"t": "Image", "c": [attributes, description, [place, title]]}]

    def _referred(self, reference: str) -> str:
        """Where the new document finds the image. What comes from inside the source becomes a file beside it."""
        if reference.startswith(f"{self.inside}/"):
            folder = PurePosixPath(self.target).with_suffix("").name + "_media"
            path = str(PurePosixPath(self.target).parent / folder / PurePosixPath(reference).name)
            self.saved[path] = _regular(self.scratch, reference)
            return reference_from(self.target, path)
        if _SCHEME.match(reference):
            return reference
        path_there = beside(self.source, unquote(reference))
        known = path_there is not None and _exists(self.workspace, path_there)
        return reference_from(self.target, path_there) if known and path_there else reference

    def _embedded(self, reference: str) -> str | None:
        """The image's path below the scratch folder; None, and a note, when it stays out."""
        if not self.format.embeds:
            return None
        try:
            return self._carried(reference)
        except (CannotEmbed, CannotConvert) as error:
            shown = reference[:_SHOWN] + "..." * (len(reference) > _SHOWN)
            self.notes.append(f"image {shown} is left out: {error}")
            return None

    def _carried(self, reference: str) -> str:
        if reference in self.names:
            return self.names[reference]
        data = self._bytes(reference)
        kind, wanted = kind_of(data), self.format.embeds or frozenset()
        if kind is None:
            raise CannotEmbed("it is no image of a known kind")
        if kind not in wanted and kind not in REDRAWN:
            raise CannotEmbed(f"{self.format.name} files do not show {kind} images")
        folder = self.scratch / MEDIA
        folder.mkdir(exist_ok=True)
        place = folder / f"{len(self.names) + 1:04}.{kind}"
        place.write_bytes(data)
        if kind not in wanted:
            drawn = redrawn(place)
            place = place.with_suffix(".png")
            place.write_bytes(drawn)
        self.names[reference] = f"{MEDIA}/{place.name}"
        return self.names[reference]

    def _bytes(self, reference: str) -> bytes:
        if reference.startswith(f"{self.inside}/"):
            return _regular(self.scratch, reference).read_bytes()
        if reference.startswith("data:"):
            return _data_of(reference)
        if _SCHEME.match(reference):
            raise CannotEmbed("nothing is fetched from a URL; put the file into the workspace")
        path = beside(self.source, unquote(reference))
        if path is None:
            raise CannotEmbed("it is outside the workspace")
        return file_in(self.workspace, path).read_bytes()


def labelled(scratch: Path, inside: str) -> Any:
    """A change that puts words in the place of each image, for reading."""

    def change(element: Element) -> Sequence[Element]:
        if element["t"] != "Image":
            return [element]
        _, description, (reference, _) = element["c"]
        about = ""
        if reference.startswith(f"{inside}/"):
            data = _regular(scratch, reference).read_bytes()
            about = ", ".join(filter(None, (kind_of(data), pixels(data), f"{len(data):,} bytes")))
        elif not reference.startswith("data:"):
            about = reference
        label = words(f"[image{': ' + about if about else ''}]")
        return [*description, *words(" "), *label] if description else label

    return change


def _instead(description: list[Any], reference: str) -> list[Any]:
    """What a reader sees where an image is left out: a link if it is one, else its description."""
    shown = description or words("[image]")
    if re.match(r"https?://", reference):
        return [{"t": "Link", "c": [["", [], []], shown, [reference, ""]]}]
    return [{"t": "Emph", "c": shown}]


def _regular(scratch: Path, reference: str) -> Path:
    return file_in(scratch, str(PurePosixPath(reference)))


def _exists(workspace: Path, path: str) -> bool:
    try:
        file_in(workspace, path)
    except CannotConvert:
        return False
    return True


def _data_of(uri: str) -> bytes:
    head, _, body = uri.partition(",")
    try:
        return base64.b64decode(unquote(body)) if head.endswith(";base64") else unquote_to_bytes(body)
    except (binascii.Error, ValueError) as error:
        raise CannotEmbed("its data: URI is damaged") from error
