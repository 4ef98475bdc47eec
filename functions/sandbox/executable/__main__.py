"""Runs the chunks of a document and writes it with what they gave.

Its arguments are the source, the target, the seconds that it has, and `yes` to keep going behind an error.

Prints what was done. Exit code 1: a chunk failed, and nothing was written; 2: the document cannot be run at all.
"""

from __future__ import annotations

import base64
import json
import os
import re
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from sandbox.executable import interpreter
from sandbox.executable.chunks import (
    MAX_CHUNKS,
    MAX_DOCUMENT_BYTES,
    MAX_OUTPUT_BYTES,
    BadDocument,
    Chunk,
    Document,
    Fault,
    Output,
    Shown,
    Text,
    media_folder,
)
from sandbox.executable.markdown import MarkdownDocument
from sandbox.executable.notebook import Notebook
from sandbox.executable.stencila import Article

_FORMATS: dict[str, Callable[[bytes], Document]] = {
    **dict.fromkeys((".md", ".markdown", ".smd", ".qmd", ".rmd"), MarkdownDocument),
    ".ipynb": Notebook,
    ".json": Article,
}
_MARGIN = 1.0
"""Seconds before the end that are left for writing."""
_TOLD = 20


def opened(path: str) -> Document:
    """The document at this path. Raises `BadDocument`."""
    form = _FORMATS.get(Path(path).suffix.lower())
    if form is None:
        raise BadDocument(f"documents with code to run are {' '.join(_FORMATS)}")
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise BadDocument(f"it cannot be read: {error.strerror}") from error
    if len(content) > MAX_DOCUMENT_BYTES:
        raise BadDocument(f"it has more than {MAX_DOCUMENT_BYTES:,} bytes; take the data out of it")
    document = form(content)
    chunks = document.chunks
    if not chunks:
        raise BadDocument("it has no code to run; mark a fence as ```python exec, or as ```{python}")
    if len(chunks) > MAX_CHUNKS:
        raise BadDocument(f"it has {len(chunks)} chunks; {MAX_CHUNKS} are run at most, so divide it")
    if not any(chunk.runs for chunk in chunks):
        raise BadDocument(f"its code is {_languages(chunks)}; Python and shell are what runs here")
    return document


class Running:
    """The interpreter in a process of its own, so that one that dies or hangs leaves somebody to say so."""

    def __init__(self, name: str) -> None:
        asked, self._asking = os.pipe()
        self._answers, answering = os.pipe()
        self._process = os.fork()
        if not self._process:
            os.close(self._asking)
            os.close(self._answers)
            _as_a_script()
            interpreter.serve(asked, answering, name)
            os._exit(0)
        os.close(asked)
        os.close(answering)
        os.set_blocking(self._answers, False)

    def run(self, chunk: Chunk, until: float) -> list[Output]:
        """What the chunk gave. It is over with the interpreter where a fault is `Ended`."""
        question = {"language": chunk.language, "code": chunk.code, "place": chunk.place, "line": chunk.line}
        data = json.dumps(question).encode() + b"\n"
        try:
            while data:
                data = data[os.write(self._asking, data) :]
        except BrokenPipeError:
            return [self._ended()]
        answer = bytearray()
        while not answer.endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._answers], [], [], left)[0]:
                self.end()
                return [Fault("timed out", "it ran until the time was over", "timed out")]
            piece = os.read(self._answers, 1 << 20)
            if not piece:
                return [self._ended()]
            answer += piece
            if len(answer) > 3 * MAX_OUTPUT_BYTES:
                self.end()
                return [Fault("too much", f"its outputs have more than {MAX_OUTPUT_BYTES:,} bytes", "too much output")]
        return [_output(each) for each in json.loads(answer)]

    def _ended(self) -> Fault:
        status = os.waitstatus_to_exitcode(os.waitpid(self._process, 0)[1])
        said = signal.Signals(-status).name if status < 0 else f"exit code {status}"
        self._process = 0
        return Fault("ended", f"the interpreter ended ({said})", f"the interpreter ended ({said})")

    @property
    def alive(self) -> bool:
        """Whether it can be asked for more."""
        return bool(self._process)

    def end(self) -> None:
        """End it, if it has not ended."""
        if self._process:
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)
            self._process = 0


def _as_a_script() -> None:
    """What chunks find is what a script in the workspace finds, and not this program."""
    sys.path[0] = ""
    sys.argv[:] = [""]
    for name in [each for each in sys.modules if each.partition(".")[0] == "sandbox"]:
        del sys.modules[name]


def _output(each: Mapping[str, Any]) -> Output:
    if each["kind"] == "text":
        return Text(each["text"])
    if each["kind"] == "shown":
        png = base64.b64decode(each["png"]) if "png" in each else None
        return Shown(each["data"], png)
    return Fault(each["name"], each["message"], each["traceback"], each["line"])


def run(document: Document, name: str, until: float, *, keep_going: bool) -> dict[int, list[Output]]:
    """What each chunk that was run gave, by its number; the first that fails is the last, unless it is to go on."""
    outputs: dict[int, list[Output]] = {}
    running, size = Running(name), 0
    try:
        for chunk in document.chunks:
            if not chunk.runs:
                continue
            gave = outputs[chunk.number] = running.run(chunk, until)
            size += sum(len(each.png or b"") for each in gave if isinstance(each, Shown))
            if size > MAX_OUTPUT_BYTES:
                outputs[chunk.number] = [
                    Fault("too much", f"pictures have more than {MAX_OUTPUT_BYTES:,} bytes", "too much")
                ]
                break
            if not running.alive or (_faults(gave) and not keep_going):
                break
    finally:
        running.end()
    return outputs


def _faults(outputs: Sequence[Output]) -> list[Fault]:
    return [each for each in outputs if isinstance(each, Fault)]


def _languages(chunks: Sequence[Chunk]) -> str:
    return ", ".join(sorted({chunk.language[:20] for chunk in chunks if not chunk.runs}))


def write(document: Document, outputs: Mapping[int, Sequence[Output]], target: str) -> None:
    """The document at its target, and its pictures in place of those of the last time."""
    made = document.with_outputs(outputs, target)
    folder = Path(media_folder(target))
    if folder.is_dir():
        for old in folder.iterdir():
            if re.fullmatch(r"chunk-\d+-\d+\.png", old.name):
                old.unlink()
    for path, data in made.pictures.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(data)
    place = Path(target)
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_name(f"{place.name[:200]}.partial")
    partial.write_bytes(made.content)
    partial.replace(place)


def report(document: Document, outputs: Mapping[int, Sequence[Output]], source: str, said: TextIO) -> int:
    """Say what was run and what failed, with its place; how many chunks failed."""
    chunks, failed = document.chunks, 0
    ran = [chunk for chunk in chunks if chunk.number in outputs]
    pictures = sum(isinstance(each, Shown) and each.png is not None for gave in outputs.values() for each in gave)
    said.write(f"ran {len(ran)} of {len(chunks)} chunks of {source}, {pictures} pictures\n")
    for chunk in ran:
        for fault in _faults(outputs[chunk.number]):
            failed += 1
            if failed <= _TOLD:
                at = f" (line {fault.line})" if fault.line and fault.line != chunk.line else ""
                said.write(f"{chunk.place}: {fault.said}{at}\n")
    others = [chunk for chunk in chunks if not chunk.runs]
    if others:
        said.write(
            f"note: {len(others)} chunks are not run: {_languages(others)}; Python and shell are what runs here\n"
        )
    late = [chunk for chunk in chunks if chunk.runs and chunk.number not in outputs]
    if late:
        said.write(f"note: {len(late)} chunks after that one were not run, from {late[0].place} on\n")
    said.writelines(f"note: {note}\n" for note in document.notes)
    return failed


def main(arguments: Sequence[str]) -> int:
    """Do it."""
    source, target, seconds, keep_going = arguments
    until = time.monotonic() + max(float(seconds) - _MARGIN, float(seconds) / 2)
    try:
        document = opened(source)
    except BadDocument as error:
        sys.stdout.write(f"{source}: {error}\n")
        return 2
    outputs = run(document, source, until, keep_going=keep_going == "yes")
    failed = report(document, outputs, source, sys.stdout)
    if failed and keep_going != "yes":
        first = next(fault for gave in outputs.values() for fault in _faults(gave))
        sys.stdout.write(f"nothing was written; {source} is as it was\n\n{first.traceback}\n")
        return 1
    try:
        write(document, outputs, target)
    except OSError as error:
        sys.stdout.write(f"{target} cannot be written: {error.strerror}\n")
        return 1
    sys.stdout.write(f"wrote {target}{', with the errors in it' if failed else ''}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
