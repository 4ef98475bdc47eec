"""The process in which the chunks of one document run, one after the other, in one namespace as in a notebook."""

from __future__ import annotations

import ast
import base64
import builtins
import json
import linecache
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.executable.chunks import MAX_PICTURE_BYTES, MAX_PICTURES, MAX_TEXT, PYTHON

_DOTS = 100
"""Of a picture, in an inch."""
_ROWS = 60
"""Of a table that is shown as one; of a longer one its own short form is."""
_MARKDOWN, _HTML, _PLAIN = "text/markdown", "text/html", "text/plain"


def serve(questions: int, answers: int, name: str) -> None:
    """Run each chunk that comes as a line of JSON, and answer with a line; both are descriptors. `name` is the file."""
    with os.fdopen(questions, "r", encoding="utf-8") as asked, os.fdopen(answers, "w", encoding="utf-8") as said:
        interpreter = Interpreter(name)
        # Of pyplot.show(): a figure is shown here without it.
        warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")
        for line in asked:
            said.write(json.dumps(interpreter.run(**json.loads(line))) + "\n")
            said.flush()


class Interpreter:
    """Runs chunks. What they print, also by programs that they start, goes to a file that is read behind each."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115 - for as long as the process
        self._outputs: list[dict[str, Any]] = []
        self._pictures = 0
        self._room = MAX_TEXT
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main
        self._names = vars(main)
        self._names.update(__builtins__=builtins, display=self._display)
        for descriptor in (1, 2):
            os.dup2(self._printed.fileno(), descriptor)

    def run(self, *, language: str, code: str, place: str, line: int | None) -> list[dict[str, Any]]:
        """The outputs of one chunk, in their order, an error last."""
        self._outputs, self._pictures, self._room = [], 0, MAX_TEXT
        self._forget_printed()
        fault = self._python(code, place, line) if language.lower() in PYTHON else _shell(code)
        self._take_printed()
        self._take_figures()
        return [*self._outputs, *([fault] if fault else [])]

    def _python(self, code: str, place: str, line: int | None) -> dict[str, Any] | None:
        """Run it; show what its last line comes to. The error, with lines of the file."""
        name = self._name if line else f"{self._name}, {place}"
        above = (line or 1) - 1
        # So that a traceback can quote the line, also of a file that is no Python.
        linecache.cache[name] = (len(code), None, [*["\n"] * above, *code.splitlines(keepends=True)], name)
        try:
            tree = ast.parse("\n" * above + code, name)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, name, "exec"), self._names)  # noqa: S102 - what this is here for
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), name, "eval"), self._names)  # noqa: S307 - as above
                if value is not None:
                    self._display(value)
        except SystemExit as error:
            return None if error.code in (None, 0) else _fault("SystemExit", str(error.code), "", None)
        except SyntaxError as error:
            at = error.lineno if error.filename == name else None
            return _fault(type(error).__name__, error.msg, "".join(traceback.format_exception_only(error)), at)
        except BaseException as error:  # noqa: BLE001 - whatever a chunk raises is its result
            return _of_exception(error, name)
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
        return None

    def _display(self, *values: object) -> None:
        """Show values as a notebook does; chunks have it by the name `display`."""
        self._take_printed()
        for value in values:
            if _is_figure(value):
                self._take_figure(value)
            elif png := _png_of(value):
                self._add_picture(png)
            else:
                data = {kind: self._bounded(text) for kind, text in _data_of(value)}
                self._outputs.append({"kind": "shown", "data": data})

    def _take_figures(self) -> None:
        """The figures that matplotlib has open: charts are shown without being asked for, as in a notebook."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None:
            return
        for number in pyplot.get_fignums():
            self._take_figure(pyplot.figure(number))
        pyplot.close("all")

    def _take_figure(self, figure: Any) -> None:
        with tempfile.TemporaryFile() as place:
            figure.savefig(place, format="png", dpi=_DOTS, bbox_inches="tight")
            place.seek(0)
            self._add_picture(place.read(MAX_PICTURE_BYTES + 1))
        if pyplot := sys.modules.get("matplotlib.pyplot"):
            pyplot.close(figure)

    def _add_picture(self, png: bytes) -> None:
        self._pictures += 1
        if self._pictures > MAX_PICTURES or len(png) > MAX_PICTURE_BYTES:
            most = f"a chunk shows at most {MAX_PICTURES}, each of at most {MAX_PICTURE_BYTES:,} bytes"
            self._outputs.append({"kind": "text", "text": f"[a picture is left out: {most}]\n"})
            return
        shown = {"kind": "shown", "data": {_PLAIN: "[picture]"}, "png": base64.b64encode(png).decode()}
        self._outputs.append(shown)

    def _forget_printed(self) -> None:
        self._printed.seek(0)
        self._printed.truncate()

    def _take_printed(self) -> None:
        """What was printed since the last time, as an output: beginning and end of what is too long."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        size = os.fstat(self._printed.fileno()).st_size
        if not size:
            return
        half = max(self._room // 2, 1)
        self._printed.seek(0)
        head = self._printed.read(self._room if size <= self._room else half)
        text = head.decode(errors="replace")
        if size > len(head):
            self._printed.seek(size - half)
            left = size - len(head) - half
            text += f"\n[{left:,} bytes are left out]\n{self._printed.read(half).decode(errors='replace')}"
        self._forget_printed()
        self._room = max(self._room - len(text), 200)
        self._outputs.append({"kind": "text", "text": text})

    def _bounded(self, text: str) -> str:
        if len(text) > self._room:
            text = f"{text[: self._room]}\n[{len(text) - self._room:,} characters are left out]"
        self._room = max(self._room - len(text), 200)
        return text


def _shell(code: str) -> dict[str, Any] | None:
    shell = shutil.which("bash") or "/bin/sh"
    done = subprocess.run([shell, "-c", code], stdin=subprocess.DEVNULL, check=False)
    return _fault("exit code", str(done.returncode), f"exit code {done.returncode}", None) if done.returncode else None


def _of_exception(error: BaseException, name: str) -> dict[str, Any]:
    # The first frame is this file's.
    frames = error.__traceback__.tb_next if error.__traceback__ else None
    lines = [frame.lineno for frame in traceback.extract_tb(frames) if frame.filename == name]
    try:
        shown = "".join(traceback.format_exception(type(error), error, frames))
        message = str(error)
    except Exception:  # noqa: BLE001 - an error that cannot say what it is
        shown = message = ""
    return _fault(type(error).__name__, message, shown or type(error).__name__, lines[-1] if lines else None)


def _fault(name: str, message: str, shown: str, line: int | None) -> dict[str, Any]:
    text = shown or f"{name}: {message}"
    cut = text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT // 2]}\n[…]\n{text[-MAX_TEXT // 2 :]}"
    return {"kind": "fault", "name": name, "message": message[:1_000], "traceback": cut, "line": line}


def _data_of(value: Any) -> Iterator[tuple[str, str]]:
    """The value as text of each media type that it can be shown as, the plain one first."""
    yield _PLAIN, repr(value)
    rows = getattr(value, "shape", (0,))
    if hasattr(value, "to_markdown") and hasattr(value, "to_html") and rows[0] <= _ROWS:
        yield from _said(_MARKDOWN, value.to_markdown)
    yield from _said(_MARKDOWN, getattr(value, "_repr_markdown_", None))
    yield from _said(_HTML, getattr(value, "_repr_html_", None))


def _said(kind: str, show: Callable[[], Any] | None) -> Iterator[tuple[str, str]]:
    try:
        text = show() if callable(show) else None
    except Exception:  # noqa: BLE001 - then it is shown in another way
        text = None
    if isinstance(text, str) and text:
        yield kind, text


def _is_figure(value: Any) -> bool:
    figures = sys.modules.get("matplotlib.figure")
    return figures is not None and isinstance(value, figures.Figure)


def _png_of(value: Any) -> bytes | None:
    show = getattr(value, "_repr_png_", None)
    try:
        png = show() if callable(show) else None
    except Exception:  # noqa: BLE001 - then it is shown as text
        return None
    return png if isinstance(png, bytes) else None
