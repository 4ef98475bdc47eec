"""What changed between two snapshots: file by file in the words of `git diff --stat`, and as a unified patch.

Everything here is bounded, so that a run with the largest workspace still ends in time: how much is read, and how
long lines are compared. What is over a bound is named, never left out. The same change gives the same patch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from codex_swarm.models import DiffFile, DiffSummary
from swarm.outputs import text_lines
from swarm.outputs.hunks import Lines, compare, split
from swarm.workspace.document_texts import DocumentText, is_document, is_web_page
from swarm.workspace.snapshot import FileChange, FileEntry

MAX_FILES = 2_000
MAX_FILE_BYTES = 512 * 1024
MAX_TOTAL_BYTES = 32 * 1024 * 1024
"""Lines are compared in this many files of at most this size, and of this size together, both sides counted."""

MAX_FILE_EFFORT = 50_000_000
MAX_EFFORT = 400_000_000
"""`hunks.effort` that goes into one file and into all; past it a file is replaced as a whole."""

MAX_TEXT_EFFORT = 100_000_000
"""The same for texts of documents: somebody waits for them."""

READERS = 24

Read = Callable[[FileEntry], bytes]

_LETTERS = {"added": "A", "modified": "M", "deleted": "D"}
_STAT_WIDTH = 40


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One changed file. `lines` is None where there are none to compare, and `reason` says why.

    `text` is what the text of a document differs in; its bytes are compared by nobody.
    """

    change: FileChange
    lines: Lines | None
    reason: str = ""
    text: Lines | None = None


@dataclass(frozen=True, slots=True)
class Diff:
    """The whole change: its summary, its patch as bytes of UTF-8, and which of the files that were read are text."""

    summary: DiffSummary
    patch: bytes
    is_text: Mapping[str, bool]


def diff(
    branch: str, changes: Sequence[FileChange], read: Read, texts: Mapping[str, DocumentText] | None = None
) -> Diff:
    """The difference that these changes make. `read` gives the bytes of a stored file, in several threads.

    `texts` are those of documents, by the SHA-256 of their bytes: documents are compared by them.
    """
    files = list(_compared(changes, read, texts or {}))
    summary = DiffSummary(
        branch=branch,
        files=[DiffFile(path=change.path, status=_LETTERS[change.status]) for change in changes],
        shortstat=_shortstat(files),
        stat="\n".join(map(_stat_line, files)),
    )
    is_text = {file.change.path: file.lines is not None for file in files if file.reason != "too large"}
    return Diff(summary, "".join(map(_patch, files)).encode(), is_text)


def shortened(summary: DiffSummary, most_bytes: int) -> DiffSummary:
    """The summary, with its first files only where all of them would take more than about so many bytes."""
    stat, size = summary.stat.split("\n"), 0
    for number, (file, line) in enumerate(zip(summary.files, stat, strict=True)):
        size += len(file.path.encode()) + len(line.encode()) + 40
        if size > most_bytes:
            more = f"... and {_plural(len(stat) - number, 'more file')}"
            shown = {"files": summary.files[:number], "stat": "\n".join([*stat[:number], more])}
            return summary.model_copy(update=shown)
    return summary


def _compared(changes: Sequence[FileChange], read: Read, texts: Mapping[str, DocumentText]) -> Iterator[FileDiff]:
    documents = {change.path: both for change in changes if (both := _texts_of(change, texts)) is not None}
    fitting = _fitting([change for change in changes if change.path not in documents])
    wanted = [change for change in changes if change.path in fitting]
    left, left_of_texts = MAX_EFFORT, MAX_TEXT_EFFORT
    with ThreadPoolExecutor(max_workers=READERS) as pool:
        sides = pool.map(lambda change: (_lines(change.before, read), _lines(change.after, read)), wanted)
        for change in changes:
            if change.path in documents:
                text, spent = text_lines.compare_texts(*documents[change.path], min(left_of_texts, MAX_FILE_EFFORT))
                left_of_texts -= spent
                yield FileDiff(change, None, "binary", text)
                continue
            if change.path not in fitting:
                yield FileDiff(change, None, "too large")
                continue
            old, new = next(sides)
            if old is None or new is None:
                yield FileDiff(change, None, "binary")
                continue
            lines, spent = compare(old, new, min(left, MAX_FILE_EFFORT))
            left -= spent
            yield FileDiff(change, lines)


def _texts_of(
    change: FileChange, texts: Mapping[str, DocumentText]
) -> tuple[DocumentText | None, DocumentText | None] | None:
    """The texts of both sides of a document, None for a side that is not there; None where one is not known."""
    if not compared_by_text(change.path):
        return None
    sides = [None if entry is None else texts.get(entry.sha256) for entry in (change.before, change.after)]
    for entry, text in zip((change.before, change.after), sides, strict=True):
        if entry is not None and (text is None or text.problem):
            return None
    return sides[0], sides[1]


def compared_by_text(path: str) -> bool:
    """Whether a file of this name is a document whose bytes say nothing to people.

    Web pages are changed as code; notebooks and rich text are not, though they are text.
    """
    return is_document(path) and not is_web_page(path)


def _fitting(changes: Sequence[FileChange]) -> set[str]:
    """The paths of the files that are read."""
    left = MAX_TOTAL_BYTES
    fitting: set[str] = set()
    for change in changes:
        sizes = [entry.size for entry in (change.before, change.after) if entry is not None]
        if max(sizes) <= MAX_FILE_BYTES and sum(sizes) <= left and len(fitting) < MAX_FILES:
            left -= sum(sizes)
            fitting.add(change.path)
    return fitting


def _lines(entry: FileEntry | None, read: Read) -> list[str] | None:
    """The file's lines; none where there is no file, None where it is not text."""
    if entry is None:
        return []
    try:
        text = read(entry).decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else split(text)


def _shortstat(files: Sequence[FileDiff]) -> str:
    lines = [found for file in files if (found := file.lines or file.text)]
    insertions = sum(each.insertions for each in lines)
    deletions = sum(each.deletions for each in lines)
    parts = [_plural(len(files), "file") + " changed"]
    if insertions:
        parts.append(_plural(insertions, "insertion") + "(+)")
    if deletions:
        parts.append(_plural(deletions, "deletion") + "(-)")
    return ", ".join(parts)


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _stat_line(file: FileDiff) -> str:
    found = file.lines or file.text
    if found is None:
        before, after = _sizes(file.change)
        size = f"{before} -> {after} bytes"
        return f"{file.change.path} | " + (
            f"Bin {size}" if file.reason == "binary" else f"{size}, too large to compare"
        )
    lines = found.insertions + found.deletions
    scale = min(1.0, _STAT_WIDTH / lines) if lines else 1.0
    bar = "+" * round(found.insertions * scale) + "-" * round(found.deletions * scale)
    told = f"{file.change.path} | {lines} {bar}".rstrip()
    return told if file.lines else f"{told} of its text"


def _sizes(change: FileChange) -> Iterable[int]:
    return (entry.size if entry else 0 for entry in (change.before, change.after))


def _patch(file: FileDiff) -> str:
    change = file.change
    old, new = _name("a", change.path), _name("b", change.path)
    modes = _modes(change)
    if change.before and change.after and change.before.sha256 == change.after.sha256:
        return "".join([f"diff --git {old} {new}\n", *modes])
    if file.lines is None:
        # As `diff -r` says it: a line that `patch` and `git apply` pass over, so that the rest still applies.
        if file.reason == "binary":
            return f"Binary files {old} and {new} differ\n{_of_text(file)}"
        before, after = _sizes(change)
        return f"Files {old} and {new} are too large to compare ({before} -> {after} bytes)\n"
    lines = [f"diff --git {old} {new}\n", *modes]
    if file.lines.hunks:
        # A tab ends a name that has a space in it.
        lines.append(f"--- {_ended(old) if change.before else '/dev/null'}\n")
        lines.append(f"+++ {_ended(new) if change.after else '/dev/null'}\n")
    return "".join([*lines, file.lines.hunks])


def _modes(change: FileChange) -> list[str]:
    """What git says of a file's mode: where there is a new one, where it went, and where it changed."""
    if change.before is None:
        return [f"new file mode {change.after.mode:o}\n"] if change.after else []
    if change.after is None:
        return [f"deleted file mode {change.before.mode:o}\n"]
    if change.before.mode == change.after.mode:
        return []
    return [f"old mode {change.before.mode:o}\n", f"new mode {change.after.mode:o}\n"]


def _of_text(file: FileDiff) -> str:
    """What the text of a document differs in, as lines that `patch` and `git apply` pass over."""
    if file.text is None:
        return ""
    if not file.text.hunks:
        return f"{OF_TEXT}{file.change.path}: the text is the same\n"
    # A line may have any character at which something else would end it.
    lines = [f"{OF_TEXT}{line}" for line in file.text.hunks.removesuffix("\n").split("\n")]
    return "\n".join([f"{OF_TEXT}{file.change.path}: the text, to be read; this patch does not change it", *lines, ""])


OF_TEXT = "# "
"""How lines of a patch begin that are about the text of a document."""


def _name(side: str, path: str) -> str:
    name = f"{side}/{path}"
    return '"' + name.replace('"', '\\"') + '"' if '"' in name else name


def _ended(name: str) -> str:
    return f"{name}\t" if " " in name and not name.startswith('"') else name
