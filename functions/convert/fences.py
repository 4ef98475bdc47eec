"""Fences of code in Markdown as pandoc knows them: it takes one with more than a language for code inside of a line.

GitHub allows any words behind the language, and Stencila's Markdown marks by `exec` the code that it runs. What ran
left its outputs behind it, between two comments.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.tree import Element

EXECUTABLE = "exec"
"""The class of code that is there to be run."""

OUTPUTS, END_OF_OUTPUTS = "<!-- outputs -->", "<!-- /outputs -->"
"""What stands around the outputs of code that was run (`sandbox.executable.markdown`)."""

_FENCE = re.compile(r"( {0,3}(?:> ?)*)(`{3,}|~{3,})[ \t]*(.*?)[ \t]*")
# Attributes in braces behind the language are pandoc's own way.
_INFO = re.compile(r"([\w+#.-]+)[ \t]+(?!\{[ \t]*[.#])([^`]+)")
_BRACES = re.compile(r"\{[ \t]*([A-Za-z][\w+#-]*)\b[^}`]*\}")
"""As R Markdown and Quarto mark code that they run, with options behind the language."""


def plain_fences(text: str) -> str:
    """The text with fences that name a language and, where it says so, that it is to be run; the code as it was."""
    return "".join(_lines(text.splitlines(keepends=True)))


def _lines(lines: Sequence[str]) -> Iterator[str]:
    closing = ""
    for line in lines:
        body = line.rstrip("\r\n")
        found = _FENCE.fullmatch(body)
        if closing:
            if found and not found[3] and found[2].startswith(closing):
                closing = ""
            yield line
        elif found and not (found[2][0] == "`" and "`" in found[3]):
            closing = found[2]
            info = _BRACES.fullmatch(found[3]) or _INFO.fullmatch(found[3])
            yield f"{found[1]}{found[2]} {_classes(info)}{line[len(body) :]}" if info else line
        else:
            yield line


def _classes(info: re.Match[str]) -> str:
    runs = info.re is _BRACES or EXECUTABLE in info[2].split()
    return f"{{.{info[1]} .{EXECUTABLE}}}" if runs else info[1]


def without_marks(element: Element) -> Sequence[Element]:
    """Nothing of what stands around outputs, for those who only read."""
    marks = element["t"] == "RawBlock" and element["c"][1].strip() in {OUTPUTS, END_OF_OUTPUTS}
    return [] if marks else [element]


def with_exec(element: Element) -> Sequence[Element]:
    """Code that is there to be run, for a writer that names nothing but a language: `python exec`."""
    if element["t"] == "CodeBlock" and EXECUTABLE in element["c"][0][1]:
        (_, classes, _), code = element["c"]
        language = next((name for name in classes if name != EXECUTABLE), "")
        return [{"t": "CodeBlock", "c": [["", [f"{language} {EXECUTABLE}".strip()], []], code]}]
    return [element]
