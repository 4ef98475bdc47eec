"""Documents read and converted, by kind and size: processor time and memory, beside pandoc alone and another reader.

Each is a process of its own, as the convert function starts one for each call, so what starting takes is in it. The
other reader is markitdown, from an environment of its own: `python -m venv V`, `V/bin/pip install 'markitdown[all]'`,
then `--markitdown V/bin/markitdown`.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pptx

from convert.program import pandoc_file
from tests.benchmarks.figures import median
from tests.support.paths import ROOT

SIZES = {"small": 5, "middle": 100, "large": 2_000}
"""Sections of a text, a heading and two paragraphs each, with a table in every tenth; as many rows of ten cells."""
MEMORY = 1_500_000_000
SENTENCE = "The quick brown fox jumps over the lazy dog while the river rises slowly behind the mill. "


@dataclass(frozen=True, slots=True)
class Figure:
    """One document, done by one program: `work` is read, or the format made; medians. None where it cannot do it."""

    work: str
    source: str
    size: str
    source_bytes: int
    program: str
    processor_seconds: float | None
    memory_mib: float | None


def markdown(sections: int) -> bytes:
    """A text with headings, emphasis, lists and tables."""
    parts = ["---\ntitle: Bench\n---\n"]
    for number in range(sections):
        parts.append(
            f"## Section {number}\n\n{SENTENCE * 3}\n\n*Emphasis* and **strength**: {SENTENCE}\n\n- one\n- two\n"
        )
        if number % 10 == 0:
            parts.append("| Name | Amount |\n|------|-------:|\n" + f"| Row {number} | {number},000 |\n" * 5)
    return "\n".join(parts).encode()


def word(sections: int) -> bytes:
    """The same sort of text as Word has it, with a header."""
    document: Any = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Confidential"
    for number in range(sections):
        document.add_heading(f"Section {number}", 2)
        document.add_paragraph(SENTENCE * 3)
        document.add_paragraph("Strength: ").add_run(SENTENCE).bold = True
    return _saved(document.save)


def workbook(rows: int) -> bytes:
    """Rows of ten cells: numbers under formats, and texts."""
    book = openpyxl.Workbook()
    for number in range(rows):
        book.active.append([f"Item {number}", *(number * share / 7 for share in range(9))])  # type: ignore[union-attr]
    return _saved(book.save)


def slides(count: int) -> bytes:
    """A twentieth as many slides as sections, with five points and notes."""
    deck: Any = pptx.Presentation()
    for number in range(max(1, count // 20)):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = f"Slide {number}"
        slide.placeholders[1].text = "\n".join([SENTENCE] * 5)
        slide.notes_slide.notes_text_frame.text = SENTENCE
    return _saved(deck.save)


def _saved(save: Callable[[Any], object]) -> bytes:
    out = io.BytesIO()
    save(out)
    return out.getvalue()


def main(arguments: list[str]) -> None:
    """Measure, print, and leave the figures as JSON where asked."""
    parser = argparse.ArgumentParser(prog="./run.sh bench documents", description=__doc__)
    parser.add_argument("--times", type=int, default=3, help="of each, for the median (3)")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--markitdown", type=Path, help="the other reader's program")
    parser.add_argument("--json", type=Path, help="file in which the figures are left, too")
    chosen = parser.parse_args(arguments)
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), chosen.times, chosen.markitdown)
        for size in chosen.sizes:
            figures += bench.of_size(size)
    print("| document | bytes | program | processor, s | memory, MiB |\n|---|---|---|---|---|")
    for each in figures:
        cells = (
            ("-", "-")
            if each.processor_seconds is None
            else (f"{each.processor_seconds:.2f}", f"{each.memory_mib:.0f}")
        )
        print(
            f"| {each.work} {each.source}, {each.size} | {each.source_bytes:,} | {each.program} | {' | '.join(cells)} |"
        )
    if chosen.json:
        said = {
            "at": datetime.now(UTC).isoformat(),
            "times": chosen.times,
            "figures": [asdict(each) for each in figures],
        }
        chosen.json.write_text(json.dumps(said, indent=1) + "\n")


class Bench:
    """Runs programs in a folder of its own."""

    def __init__(self, folder: Path, times: int, markitdown: Path | None) -> None:
        self._folder, self._times, self._markitdown = folder, times, markitdown

    def of_size(self, size: str) -> list[Figure]:
        """Every kind read, and Markdown converted into each of three."""
        count = SIZES[size]
        sources = {"md": markdown(count), "docx": word(count), "pptx": slides(count), "xlsx": workbook(count)}
        workspace = self._folder / size
        workspace.mkdir()
        for suffix, data in sources.items():
            (workspace / f"a.{suffix}").write_bytes(data)
        self._ours(workspace, "convert_document", {"source": "a.md", "target": "b.pdf"}, keep="a.pdf")
        figures = []
        for suffix in ("docx", "pdf", "pptx", "xlsx"):
            place = workspace / f"a.{suffix}"
            alone = [str(pandoc_file()), str(place), "-t", "gfm", "-o", str(workspace / "out.md")]
            peer = [str(self._markitdown), str(place), "-o", str(workspace / "out.md")] if self._markitdown else None
            runs: Mapping[str, Sequence[str] | None] = {
                "pandoc alone": alone if suffix != "pdf" else None,
                "markitdown": peer,
            }
            reading = {"path": place.name}
            figures += self._figures("read", suffix, size, place, runs, ("read_document", reading))
        place = workspace / "a.md"
        for suffix in ("docx", "html", "pdf"):
            alone = [str(pandoc_file()), str(place), "-s", "-o", str(workspace / f"out.{suffix}")]
            wanted = ("convert_document", {"source": "a.md", "target": f"b.{suffix}"})
            runs = {"pandoc alone": alone if suffix != "pdf" else None}
            figures += self._figures(suffix, "md", size, place, runs, wanted)
        return figures

    def _figures(
        self,
        work: str,
        source: str,
        size: str,
        place: Path,
        others: Mapping[str, Sequence[str] | None],
        ours: tuple[str, Mapping[str, str]],
    ) -> list[Figure]:
        length = place.stat().st_size
        measured = {"codex-swarm": [self._ours(place.parent, *ours) for _ in range(self._times)]}
        for program, command in others.items():
            try:
                measured[program] = [self._measured(command) for _ in range(self._times)] if command else []
            except subprocess.CalledProcessError:
                measured[program] = []
        found = []
        for program, runs in measured.items():
            seconds = median([run[0] for run in runs]) if runs else None
            memory = median([run[1] for run in runs]) if runs else None
            found.append(Figure(work, source, size, length, program, seconds, memory))
        return found

    def _ours(self, workspace: Path, tool: str, arguments: Mapping[str, str], keep: str = "") -> tuple[float, float]:
        with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
            question = {
                "tool": tool,
                "arguments": arguments,
                "workspace": str(workspace),
                "memory_bytes": MEMORY,
                "now": datetime.now(UTC).isoformat(),
                "output_chars": 30_000,
            }
            (Path(scratch) / "call.json").write_text(json.dumps(question))
            figures = self._measured([sys.executable, "-m", "convert.worker", scratch])
            answer = json.loads((Path(scratch) / "answer.json").read_bytes())
            if not answer["ok"]:
                raise RuntimeError(answer["output"])
            if keep:
                (name,) = answer["files"].values()
                (Path(scratch) / name).replace(workspace / keep)
            return figures

    def _measured(self, command: Sequence[str]) -> tuple[float, float]:
        """Processor seconds of the process and its children, and MiB of the largest of them; raises when it fails."""
        path = f"{ROOT / 'functions'}:{ROOT / 'layers/job'}"
        with subprocess.Popen(
            command, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1_024
