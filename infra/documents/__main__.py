"""`python -m infra.documents`: writes the templates of the convert function; with `pictures`, those of `docs/` too.

The pictures are of the samples beside this file, as PDFs; of the slides they are by LibreOffice, which has to be there.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2

from convert.conversion import convert
from convert.pandoc import Pandoc
from convert.tools.convert_document import conversion
from infra.documents.designs import DESIGNS
from infra.documents.opendocument import text_document
from infra.documents.reference import slides, word

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "functions/convert/templates"
PICTURES = ROOT / "docs/templates"
SAMPLES = Path(__file__).with_name("samples")
_WIDTH = 420
"""Pixels of a picture."""


def made() -> dict[str, bytes]:
    """Every template by the name of its file."""
    return {
        **{f"{name}.docx": word(design) for name, design in DESIGNS.items()},
        **{f"{name}.odt": text_document(design) for name, design in DESIGNS.items()},
        "slides.pptx": slides(),
    }


def picture(name: str, folder: Path) -> bytes:
    """The first page of the template's sample, as a PNG."""
    suffix = "pptx" if name == "slides" else "pdf"
    scratch = folder / name
    scratch.mkdir()
    asked = conversion({"source": f"{name}.md", "target": f"{name}.{suffix}", "template": name})
    document = convert(asked, SAMPLES, Pandoc(scratch, 1 << 30), datetime.now(UTC)).files[asked.target]
    if suffix == "pptx":
        subprocess.run(
            ["soffice", "--headless", "--convert-to", "pdf", "--outdir", str(scratch), str(document)], check=True
        )
        document = document.with_suffix(".pdf")
    page = pypdfium2.PdfDocument(document)[0]
    place = scratch / "picture.png"
    page.render(scale=_WIDTH / page.get_width()).to_pil().quantize(32).save(place, optimize=True)
    return place.read_bytes()


def main(arguments: list[str]) -> None:
    """Write what is asked for."""
    TEMPLATES.mkdir(exist_ok=True)
    for file, data in made().items():
        (TEMPLATES / file).write_bytes(data)
    if arguments == ["pictures"]:
        PICTURES.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            for name in (*DESIGNS, "slides"):
                (PICTURES / f"{name}.png").write_bytes(picture(name, Path(folder)))


if __name__ == "__main__":
    main(sys.argv[1:])
