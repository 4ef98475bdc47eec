"""The criteria that need no judgement: looked up in the files, or in what a command in the sandbox came to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from codex_swarm.models import CommandSucceeds, ContainsFile, Criterion, MatchesSchema, NoPlaceholder
from swarm.agent.tools import document_text, run_command
from swarm.agent.tools.document_text import calls_for, missing
from swarm.agent.tools.tool import Tool
from swarm.errors import CallerError, CorruptObject, InvalidPath
from swarm.jobs.batch import FAILED, CallResult, JobCall, parent_of
from swarm.runs.acceptance import MAX_EVIDENCE, Verdict, path_asked
from swarm.runs.json_schema import faults_of_value
from swarm.text import clip
from swarm.workspace.document_texts import MAX_DOCUMENT_BYTES, is_document, is_markup
from swarm.workspace.file_types import file_type
from swarm.workspace.snapshot import FileEntry
from swarm.workspace.text_files import lines_of, searchable
from swarm.workspace.working_copy import Workspace

PLACEHOLDER = re.compile(
    r"\b(?:TODO|TBD|TBC|FIXME|XXX+)\b"
    r"|\blorem ipsum\b"
    r"|\{\{ ?[A-Za-z_][\w.]* ?\}\}"
    r"|\[[^\]\n]{0,60}\b(?:insert|placeholder|to be (?:added|completed|defined)|your (?:name|company|address|text)"
    r"|einfügen|platzhalter|à compléter|insérer|insertar|por completar)\b[^\]\n]{0,60}\](?![(\[])",
    re.IGNORECASE,
)
_CAPITALS = re.compile(r"[A-Z]+")
"""`TODO` counts in capitals only: in Spanish and Portuguese it is a word."""

MAX_FILES = 500
MAX_BYTES = 50_000_000
"""How much a check for placeholders reads; the evidence says what was left out."""

_SHOWN = 5
_MATCHED = 60


@dataclass
class Checks:
    """The checks among a run's criteria, on these files; `before` are those that the run began with."""

    criteria: Sequence[Criterion]
    workspace: Workspace
    before: Mapping[str, FileEntry]

    def jobs(self) -> list[tuple[Tool[Any], JobCall]]:
        """What untrusted functions have to do first: commands, and texts of documents that have none yet."""
        found: list[tuple[Tool[Any], JobCall]] = []
        documents: list[str] = []
        for number, criterion in enumerate(self.criteria, 1):
            if isinstance(criterion, CommandSucceeds):
                found.append((run_command.TOOL, _command(number, criterion)))
            elif isinstance(criterion, NoPlaceholder):
                documents += [path for path in self._looked_at(criterion).paths if self._has_text_made(path)]
        wanted = missing(self.workspace, list(dict.fromkeys(documents)))
        return [*found, *((document_text.TOOL, call) for call in calls_for("texts", self.workspace, wanted))]

    def verdicts(self, round_: int, calls: Iterable[JobCall] = (), results: Iterable[CallResult] = ()) -> list[Verdict]:
        """What the checks found, with what came of their jobs."""
        came_to = {parent_of(result.call_id): result for result in results}
        told = {result.call_id: result.output for result in results if not result.ok}
        for call in calls:
            if "sha256" in call.arguments and call.call_id in told:
                self.workspace.unread[str(call.arguments["sha256"])] = told[call.call_id].removeprefix(FAILED)
        return [
            Verdict(number=number, met=met, evidence=clip_evidence(evidence), round=round_)
            for number, criterion in enumerate(self.criteria, 1)
            if not isinstance(criterion, str)
            for met, evidence in [self._judged(criterion, came_to.get(_id(number)))]
        ]

    def _judged(self, criterion: Criterion, result: CallResult | None) -> tuple[bool, str]:
        match criterion:
            case ContainsFile(path=path):
                return self._has_file(path)
            case MatchesSchema():
                return self._fits(criterion)
            case NoPlaceholder():
                return self._has_no_placeholder(criterion)
        return _succeeded(result)

    def _has_file(self, pattern: str) -> tuple[bool, str]:
        found = self._matching(pattern)
        filled = [path for path in found if self.workspace.entry(path).size]
        if filled:
            return True, f"{filled[0]}, {self.workspace.entry(filled[0]).size} bytes{_and_more(len(filled) - 1)}"
        return False, f"{found[0]} is empty" if found else f"there is no file {pattern}"

    def _fits(self, criterion: MatchesSchema) -> tuple[bool, str]:
        path = criterion.path
        try:
            value = json.loads(self.workspace.read(path_asked(path)).decode("utf-8-sig"))
        except (CallerError, CorruptObject) as error:
            return False, str(error)
        except (ValueError, RecursionError) as error:
            return False, f"{path} is not JSON: {error}"
        faults = faults_of_value(value, criterion.json_schema)
        return not faults, f"{path}: {'; '.join(faults)}" if faults else f"{path} fits"

    def _has_no_placeholder(self, criterion: NoPlaceholder) -> tuple[bool, str]:
        looked_at, found, unread = self._looked_at(criterion), list[str](), list[str]()
        for path in looked_at.paths:
            try:
                places = self._places(path)
            except (CallerError, CorruptObject, _Unread) as error:
                unread.append(f"{path} ({error})")
                continue
            found += [f"{path}, {place}: {words}" for place, words in places]
        read = len(looked_at.paths) - len(unread)
        notes = [f"{read} file{'s' * (read != 1)} looked at"]
        if criterion.path is not None and not looked_at.paths:
            return False, f"there is no file {criterion.path}"
        if unread:
            notes.append(f"not looked at: {', '.join(unread[:_SHOWN])}{_and_more(len(unread) - _SHOWN)}")
        if looked_at.left_out:
            notes.append(f"{looked_at.left_out} more were too many to look at")
        if found:
            return False, f"{'; '.join(found[:_SHOWN])}{_and_more(len(found) - _SHOWN)}"
        return True, f"none found: {'; '.join(notes)}"

    def _places(self, path: str) -> list[tuple[str, str]]:
        """Where the placeholders of a file stand, and how they read. Raises `_Unread`, `CallerError`."""
        if self._has_text_made(path):
            lines: Iterable[tuple[str, str]] = self._text_of_document(path)
        else:
            text = searchable(self.workspace.read(path))
            lines = [] if text is None else ((f"line {n}", line) for n, line in enumerate(lines_of(text), 1))
        return [(place, words) for place, line in lines for words in placeholders_in(line)]

    def _text_of_document(self, path: str) -> Sequence[tuple[str, str]]:
        sha256 = self.workspace.entry(path).sha256
        text = self.workspace.texts.get(sha256)
        if text is None:
            raise _Unread(self.workspace.unread.get(sha256, "its text could not be made"))
        if text.problem:
            raise _Unread(text.problem)
        return text.lines

    def _has_text_made(self, path: str) -> bool:
        fits = self.workspace.entry(path).size <= MAX_DOCUMENT_BYTES
        return fits and is_document(path) and not is_markup(path)

    def _looked_at(self, criterion: NoPlaceholder) -> _LookedAt:
        pattern = criterion.path
        paths = self._changed() if pattern is None else self._matching(pattern)
        looked, room = list[str](), MAX_BYTES
        for path in paths:
            entry = self.workspace.entry(path)
            if file_type(path) == "image":
                continue
            if len(looked) == MAX_FILES or entry.size > room:
                break
            room -= entry.size
            looked.append(path)
        texts = [path for path in paths if file_type(path) != "image"]
        return _LookedAt(looked, len(texts) - len(looked))

    def _changed(self) -> list[str]:
        return [
            path
            for path in self.workspace.paths()
            if self._entry(self.before, path) != self.workspace.entry(path).sha256
        ]

    @staticmethod
    def _entry(files: Mapping[str, FileEntry], path: str) -> str | None:
        entry = files.get(path)
        return entry.sha256 if entry else None

    def _matching(self, pattern: str) -> list[str]:
        try:
            wanted = path_asked(pattern)
        except InvalidPath:
            # Of a run that began when no path was refused.
            return []
        paths = self.workspace.paths()
        return [wanted] if wanted in paths else [path for path in paths if fnmatchcase(path, wanted)]


class _Unread(Exception):
    """A document whose text cannot be had; says why."""


@dataclass(frozen=True, slots=True)
class _LookedAt:
    """The files that are looked at, and how many are left out."""

    paths: Sequence[str] = field(default_factory=list)
    left_out: int = 0


def placeholders_in(line: str) -> Iterator[str]:
    """The placeholders of a line, as they stand there."""
    for match in PLACEHOLDER.finditer(line):
        words = match.group()
        if words[0] in "[{" or " " in words or _CAPITALS.fullmatch(words):
            yield words[:_MATCHED]


def clip_evidence(text: str) -> str:
    """The text in one line, as long as evidence may be."""
    return clip(" ".join(text.split()), MAX_EVIDENCE)


def _succeeded(result: CallResult | None) -> tuple[bool, str]:
    if result is None:
        return False, "the command was not run"
    said = result.output.removeprefix(FAILED).strip()
    if result.ok:
        return True, f"exit code 0. {said}"
    code = f"exit code {result.exit_code}. " if result.exit_code else ""
    return False, f"{code}{said or 'it printed nothing'}"


def _command(number: int, criterion: CommandSucceeds) -> JobCall:
    arguments = {"command": criterion.command, "timeout_seconds": criterion.timeout_seconds}
    return JobCall(call_id=f"{_id(number)}/0000", tool=run_command.TOOL.name, arguments=arguments)


def _id(number: int) -> str:
    return f"check-{number}"


def _and_more(count: int) -> str:
    return f", and {count} more" if count > 0 else ""
