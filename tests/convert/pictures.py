"""Pictures of what an earlier version made of documents, and of what this one makes, side by side: to be looked at.

`python -m tests.convert.pictures EARLIER FOLDER`, where EARLIER has `functions` and `layers/job` of that version
(`git archive COMMIT functions layers/job | tar x -C EARLIER`). Word files are drawn by LibreOffice, where there is one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
from PIL import Image

from tests.convert.kinds.families import FAMILIES
from tests.support.paths import ROOT

_HEADS = "Region Manager Strategy Comment Department Responsibility Programme Description Observation Deadline".split()
_SCRIPTS = (
    "人人生而自由 すべての人間は 모든 인간은 มนุษย์ทั้งหลาย सभी मनुष्यों को সমস্ত মানুষ"
    " மனிதப் பிறவியினர் يولد جميع الناس كل בני האדם የሰው ልጅ ✅ ⚠️"
)


def _table(heads: list[str], cell: str, rows: int = 4) -> str:
    lines = [heads, ["---"] * len(heads), *([cell] * len(heads) for _ in range(rows))]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


MARKDOWN = {
    "columns": _table(_HEADS, "some words in a cell"),
    "numbers": _table([f"Q{number}" for number in range(22)], "1,234,567"),
    "scripts": f"---\ntitle: Scripts\n---\n\n{_SCRIPTS}\n\nيولد جميع الناس أحرارا (2026) متساوين.\n",
    "code": "```python\ndef f():\n    return '" + "x" * 200 + "'\n```\n\n```js title=a\nlet a = 1\n```\n",
    "links": "# One\n\n[there](#one) [nowhere](#two) [empty](#)\n\n# One\n\ntext\n",
    "formulas": "$a ∩ b ⊗ c ⟦x⟧$ and $\\frac{1}{2}$\n\n$$\\int_0^1 x^2\\,dx$$\n",
}
"""Sources of PDFs, by name; the rest are files of `kinds`."""

FILES = {path: data for family in FAMILIES for path, data in family.files.items()}
OFFICE = [path for path in FILES if path.endswith((".docx", ".pptx", ".xlsx", ".odt"))]
PDFS = [*(f"{name}.md" for name in MARKDOWN), *OFFICE[:6]]
WORDS = [*[path for path in FILES if path.endswith((".docx", ".odt", ".rtf", ".html"))][:5], "scripts.md"]


def made(functions: Path, source: str, suffix: str, scratch: Path) -> Path | str:
    """What that version makes of a source in the folder `scratch`; what it says where it makes nothing."""
    scratch.mkdir(parents=True)
    data = MARKDOWN[Path(source).stem].encode() if source.endswith(".md") else FILES[source]
    (scratch / "in").mkdir()
    (scratch / "in" / source).write_bytes(data)
    target = f"made.{suffix}"
    call = {
        "tool": "convert_document", "arguments": {"source": source, "target": target},
        "workspace": str(scratch / "in"), "memory_bytes": 1_500_000_000, "output_chars": 5_000,
        "now": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    (scratch / "call.json").write_text(json.dumps(call))
    path = f"{functions / 'functions'}:{functions / 'layers/job'}"
    command = [sys.executable, "-m", "convert.worker", str(scratch)]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=False, capture_output=True, timeout=120)
    answer = json.loads((scratch / "answer.json").read_bytes()) if (scratch / "answer.json").is_file() else {}
    return scratch / answer["files"][target] if answer.get("ok") else str(answer.get("output", "it ended"))


def picture(document: Path) -> Image.Image:
    """The first page."""
    if document.suffix != ".pdf":
        command = ["soffice", "--headless", "--convert-to", "pdf", "--outdir", str(document.parent), str(document)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        document = document.with_suffix(".pdf")
    drawn: Image.Image = pypdfium2.PdfDocument(document)[0].render(scale=0.75).to_pil()
    return drawn.convert("RGB")


def main(earlier: Path, folder: Path) -> None:
    """Make `SOURCE-to-SUFFIX.png` for each, the earlier version at the left, and print what has none."""
    wanted = [(source, "pdf") for source in PDFS]
    if shutil.which("soffice"):
        wanted += [(source, "docx") for source in WORDS]
    for source, suffix in wanted:
        name = f"{source}-to-{suffix}"
        pages = []
        for version, functions in (("before", earlier), ("after", ROOT)):
            document = made(functions, source, suffix, folder / "scratch" / version / name)
            if isinstance(document, Path):
                pages.append(picture(document))
            else:
                sys.stdout.write(f"{name}, {version}: {document}\n")
                pages.append(Image.new("RGB", (400, 560), "lightgrey"))
        sheet = Image.new("RGB", (sum(page.width for page in pages) + 10, max(page.height for page in pages)), "red")
        for number, page in enumerate(pages):
            sheet.paste(page, (number * (pages[0].width + 10), 0))
        sheet.save(folder / f"{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
