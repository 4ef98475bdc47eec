"""Word files as LibreOffice shows them, an office program that had no part in making them: pages as text and pictures.

`python -m tests.convert.office FOLDER` draws the scenes there, before and after side by side, to be looked at; those of
`docs/word` are such.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from PIL import Image

from tests.convert.conftest import Converter, in_this_process
from tests.convert.word_scenes import SCENES, Scene

_TO_PDF = 'pdf:writer_pdf_Export:{"ExportNotes":{"type":"boolean","value":"true"}}'
_SCALE, _COLOURS = 0.75, 24


@dataclass(frozen=True, slots=True)
class Shown:
    """A document's pages: their words from left to right, where each word stands, and what they look like."""

    pdf: bytes

    @property
    def pages(self) -> list[str]:
        return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(self.pdf)]

    @property
    def words(self) -> list[str]:
        return " ".join(self.pages).split()

    def pictures(self, scale: float = _SCALE) -> list[Image.Image]:
        return [page.render(scale=scale).to_pil().convert("RGB") for page in pypdfium2.PdfDocument(self.pdf)]


def installed() -> bool:
    """Whether LibreOffice is there; on Debian its package is libreoffice-writer-nogui."""
    return shutil.which("soffice") is not None


def shown(documents: Mapping[str, bytes]) -> dict[str, Shown]:
    """Each document by the name that it has without its suffix, as LibreOffice prints it; comments are annotations."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for name, data in documents.items():
            (place / f"{name}.docx").write_bytes(data)
        files = [str(place / f"{name}.docx") for name in documents]
        profile = f"-env:UserInstallation={(place / 'profile').as_uri()}"
        command = ["soffice", profile, "--headless", "--convert-to", _TO_PDF, "--outdir", folder, *files]
        done = subprocess.run(command, capture_output=True, timeout=240, check=False)
        missing = [name for name in documents if not (place / f"{name}.pdf").is_file()]
        if missing:
            raise AssertionError(f"LibreOffice makes nothing of {missing}: {done.stderr.decode(errors='replace')}")
        return {name: Shown((place / f"{name}.pdf").read_bytes()) for name in documents}


def acted(converter: Converter, scene: Scene) -> tuple[bytes, bytes]:
    """The scene's file before, and after the product did what is asked of it."""
    files = {**scene.files, **({"a.docx": scene.before} if scene.before else {})}
    before = scene.before
    for call in scene.calls:
        done = converter.calls([call], files)
        assert done.result()["ok"], done.output
        files |= done.files
        before = before or files["a.docx"]
    return before, files[scene.result]


def side_by_side(pictures: list[Image.Image]) -> bytes:
    """One PNG of few colours."""
    sheet = Image.new(
        "RGB", (sum(each.width + 8 for each in pictures) - 8, max(each.height for each in pictures)), "grey"
    )
    left = 0
    for each in pictures:
        sheet.paste(each, (left, 0))
        left += each.width + 8
    out = io.BytesIO()
    sheet.quantize(_COLOURS).save(out, "png", optimize=True)
    return out.getvalue()


def main(folder: Path) -> None:
    """Draw every scene."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        states = {scene.name: acted(in_this_process(Path(scratch)), scene) for scene in SCENES}
    pages = shown({f"{name}-{number}": data for name, both in states.items() for number, data in enumerate(both)})
    for name in states:
        pictures = [picture for number in (0, 1) for picture in pages[f"{name}-{number}"].pictures()]
        (folder / f"{name}.png").write_bytes(side_by_side(pictures))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
