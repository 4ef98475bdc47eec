"""Pandoc, run on files with names of our own in a scratch folder, and always in its sandbox.

With `--sandbox` its readers and writers open nothing but the files named on the command line, whatever the document
includes, embeds or links. Filters are outside of the sandbox, so there are only two: `media.lua` of this package, and
`--citeproc`, which gets a bibliography and a style that were looked at before.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.errors import CannotConvert
from convert.program import pandoc_file, pandoc_in_memory

if TYPE_CHECKING:
    from collections.abc import Sequence

_TREE = "document.json"
_SHOWN_WARNINGS = 10
_SKIPPED = re.compile(
    r"^\[INFO\] Skipped '(?!\\(?:begin|end|label|index|[vh]space|setlength|addtolength|setcounter|(?:this)?pagestyle"
    r"|pagenumbering|noalign|usepackage|bibliographystyle|graphicspath|geometry|hypersetup|linespread)\b)"
    r"(\\[A-Za-z]+\*?[\[{].{1,120}).*?' at \S+ line (\d+)",
    re.MULTILINE,
)
"""Those that would have set words, and not only the page."""


@dataclass(frozen=True, slots=True)
class Pandoc:
    """Runs pandoc in a scratch folder. `heap_bytes` is what one run of it may keep in memory.

    `descriptor` is the program, where it is no file: see `program.py`. `names` are files of the scratch folder -> what
    their owner calls them, for what is said about them.
    """

    scratch: Path
    heap_bytes: int
    descriptor: int | None = None
    names: dict[str, str] = field(default_factory=dict)

    def read(
        self, source: str, reader: str, inside: str | None, options: Sequence[str] = ()
    ) -> tuple[dict[str, Any], list[str]]:
        """The tree of a file of the scratch folder, and warnings. Images from within go to the folder `inside`."""
        extract = [f"--extract-media={inside}"] if inside else []
        # What it skips of LaTeX it says only when it is asked to say everything.
        verbose = ["--verbose"] if reader.startswith("latex") else []
        said = self._run("-f", reader, "-t", "json", *verbose, *options, *extract, "-o", _TREE, "./" + source)
        skipped = _skipped(said, (self.scratch / source).read_bytes()) if verbose else []
        return json.loads((self.scratch / _TREE).read_bytes()), [*_warnings(said), *skipped]

    def write(self, tree: dict[str, Any], writer: str, result: str, options: Sequence[str] = ()) -> list[str]:
        """Write the tree as a file of the scratch folder; gives warnings."""
        (self.scratch / _TREE).write_text(json.dumps(tree))
        has_media = (self.scratch / "media").is_dir()
        media = ["--lua-filter", str(Path(__file__).with_name("media.lua"))] if has_media else []
        return _warnings(self._run("-f", "json", "-t", writer, "--standalone", *media, *options, "-o", result, _TREE))

    def _run(self, *arguments: str) -> str:
        """Run it; gives what it says. Raises CannotConvert."""
        heap = ["+RTS", f"-M{self.heap_bytes}", "-RTS"]
        file, descriptor = pandoc_file(), self.descriptor
        if file is None and descriptor is None:
            descriptor = pandoc_in_memory()
        command = [str(file or f"/proc/self/fd/{descriptor}"), *heap, "--sandbox", *arguments]
        done = subprocess.run(
            command,
            cwd=self.scratch,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            check=False,
            pass_fds=() if descriptor is None else (descriptor,),
        )
        said = self._in_its_owners_words(done.stderr.decode(errors="replace"))
        if done.returncode:
            raise CannotConvert(_reason(said, done.returncode))
        return said

    def _in_its_owners_words(self, said: str) -> str:
        for scratch_name, name in self.names.items():
            said = said.replace(f"./{scratch_name}", name).replace(scratch_name, name)
        return re.sub(r"inside-[0-9a-f]{16}/", "", said.replace(f"{self.scratch}/", ""))


def _reason(said: str, code: int) -> str:
    if "eap exhausted" in said or code in (251, -9):
        return "the document needs more memory than one conversion may use; split it"
    if code < 0:
        return f"the document is too much for one conversion (ended by signal {-code}); split it"
    # The backtraces of Haskell's runtime say nothing to a reader.
    said = said.split("HasCallStack backtrace", maxsplit=1)[0].strip()
    return f"pandoc cannot convert it: {said[:1_000] or f'exit code {code}'}"


def _warnings(said: str) -> list[str]:
    """One line each. Warnings go on over indented lines."""
    found: list[str] = []
    for line in said.splitlines():
        if line.startswith("[WARNING]"):
            found.append(line.removeprefix("[WARNING]").strip())
        elif found and line.startswith(" "):
            found[-1] += " " + line.strip()
    left = len(found) - _SHOWN_WARNINGS
    return found[:_SHOWN_WARNINGS] + ([f"{left} more warnings"] if left > 0 else [])


def _skipped(said: str, source: bytes) -> list[str]:
    """A line on the commands of LaTeX that nobody here knows, with what they were given; none of the preamble's."""
    preamble, begin, _ = source.partition(b"\\begin{document}")
    first = preamble.count(b"\n") + 1 if begin else 1
    found = [f"{command} (line {line})" for command, line in _SKIPPED.findall(said) if int(line) >= first]
    left = len(found) - _SHOWN_WARNINGS
    more = f"; and {left} more" if left > 0 else ""
    return [f"commands that are not known are left out: {'; '.join(found[:_SHOWN_WARNINGS])}{more}"] if found else []
