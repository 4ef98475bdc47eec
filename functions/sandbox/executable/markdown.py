"""Markdown with code to be run: fences that say `python exec`, as in Stencila's, or `{python}`, as in R's and Quarto's.

Outputs follow their chunk between two comments, which no reader shows, so the next run puts its own in their place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from sandbox.executable.chunks import BadDocument, Chunk, Output, Shown, Text, Written, media_folder, picture_name

BEGIN, END = "<!-- outputs -->", "<!-- /outputs -->"

# CommonMark 0.31, 4.5; a quotation or a list may stand before the fence.
_FENCE = re.compile(
    r"(?P<before>[ \t]*(?:>[ \t]?)*(?:[-*+][ \t]+|\d{1,9}[.)][ \t]+)?)(?P<fence>`{3,}|~{3,})(?P<info>.*)"
)
_BRACES = re.compile(r"\s*\{\s*(?P<language>[\w+#-]+)\b[^}]*\}\s*")
_WORDS = re.compile(r"\s*(?P<language>[\w+#-]+)(?:\s+[^`]*?)?\s+exec\b[^`]*")
_INLINE = re.compile(r"`[^`\n]+`\{[\w+#-]+ exec\}|`r [^`\n]+`")


class MarkdownDocument:
    """One, by its lines."""

    def __init__(self, content: bytes) -> None:
        try:
            self._lines = content.decode("utf-8-sig").splitlines(keepends=True)
        except UnicodeDecodeError as error:
            raise BadDocument(f"it is not UTF-8 (byte {error.start}); save it as UTF-8") from error
        self._ends: list[tuple[int, str, Chunk]] = []
        self._prose: list[str] = []
        self._read()

    @property
    def chunks(self) -> Sequence[Chunk]:
        return [chunk for _, _, chunk in self._ends]

    @property
    def notes(self) -> Sequence[str]:
        inline = sum(len(_INLINE.findall(line)) for line in self._prose)
        return [f"{inline} pieces of code inside of a line are not run"] if inline else []

    def _read(self) -> None:
        """Find the chunks: after which line each ends, and what stands before the text in that line."""
        opening: re.Match[str] | None = None
        begin = 0
        for number, line in enumerate(self._lines):
            found = _FENCE.fullmatch(line.rstrip("\r\n"))
            if opening is None and found and not (found["fence"][0] == "`" and "`" in found["info"]):
                opening, begin = found, number + 1
            elif opening is None:
                self._prose.append(line)
            elif found and found["fence"].startswith(opening["fence"]) and not found["info"].strip():
                self._add(opening, begin, number)
                opening = None
        if opening is not None:
            self._add(opening, begin, len(self._lines))

    def _add(self, opening: re.Match[str], begin: int, end: int) -> None:
        info = _BRACES.fullmatch(opening["info"]) or _WORDS.fullmatch(opening["info"])
        if not info or (opening["info"].strip().startswith("{") and "." in opening["info"].split("}")[0][:3]):
            return
        # Behind the mark of a list the code stands as deep as the mark is wide.
        before = re.sub(r"[^>\s]", " ", opening["before"])
        code = "".join(_without(line, before) for line in self._lines[begin:end])
        number = len(self._ends) + 1
        place = f"chunk {number}, line {begin + 1}"
        self._ends.append((end, before, Chunk(number, info["language"], code, place, begin + 1)))

    def with_outputs(self, outputs: Mapping[int, Sequence[Output]], target: str) -> Written:
        made: list[str] = []
        pictures: dict[str, bytes] = {}
        at = 0
        for end, before, chunk in self._ends:
            made += self._lines[at : end + 1]
            at = end + 1
            if chunk.number not in outputs:
                continue
            at = self._after_old_outputs(at, before)
            if made and not made[-1].endswith("\n"):
                made.append("\n")
            shown = list(self._shown(outputs[chunk.number], chunk, target, pictures))
            if shown:
                lines = ["", BEGIN, "", *shown, END]
                made += [f"{before}{line}".rstrip() + "\n" for line in lines]
        made += self._lines[at:]
        return Written("".join(made).encode(), pictures)

    def _after_old_outputs(self, at: int, before: str) -> int:
        """The line behind what an earlier run left at this one; the same line where it left nothing."""
        lines = [_without(line, before).strip() for line in self._lines[at:]]
        first = next((number for number, line in enumerate(lines) if line), None)
        if first is None or lines[first] != BEGIN or END not in lines[first:]:
            return at
        return at + lines.index(END, first) + 1

    @staticmethod
    def _shown(outputs: Sequence[Output], chunk: Chunk, target: str, pictures: dict[str, bytes]) -> Iterator[str]:
        number = 0
        for output in outputs:
            if isinstance(output, Shown) and output.png is not None:
                number += 1
                name = picture_name(chunk.number, number)
                pictures[f"{media_folder(target)}/{name}"] = output.png
                folder = PurePosixPath(media_folder(target)).name
                yield f"![](<{folder}/{name}>)" if re.search(r"[\s()]", folder) else f"![]({folder}/{name})"
            elif isinstance(output, Shown) and "text/markdown" in output.data:
                yield from output.data["text/markdown"].splitlines()
            else:
                yield from _fenced(output)
            yield ""


def _fenced(output: Output) -> Iterator[str]:
    if isinstance(output, Text):
        text, kind = output.text, "output"
    elif isinstance(output, Shown):
        text, kind = output.data.get("text/plain", ""), "output"
    else:
        text, kind = output.traceback, "error"
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{kind}"
    # What the file's lines are told apart by must not stand inside of them.
    yield from re.split(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", text.replace("\r\n", "\n").removesuffix("\n"))
    yield fence


def _without(line: str, before: str) -> str:
    """The line without what stands before the text of its chunk, as far as it is there."""
    for mark in before:
        if line.startswith(mark):
            line = line[1:]
        elif not mark.isspace():
            line = line.lstrip().removeprefix(mark)
    return line
