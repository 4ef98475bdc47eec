"""Reading instructions as the offline model understands them.

    create a file called hello.md with a greeting        a file; the content fits the name and the words
    write "exactly this" to notes/a.txt                  a file with that content
    touch a b                                            empty files
    delete a.md
    convert a.md to docx with the template letter        letter, report, minutes, proposal, invoice, cv or slides
    replace Hello by Hi in a.docx                        in Word and text files
    make it shorter, and add the budget                  changes the document that is there (see `revision`)
    search for "the words"                               in all files
    search the web for "the words"                       by the provider, where the run has its web_search
    ask the server tickets for "the words"               by a remote server, where the run has it
    use the skill monthly-report
    run `command`
    execute a.smd                                        the code in a document, whose outputs it gets
    call `look_up {"term": "budget"}`                    a tool of the application
    delegate `touch a.md` and `touch b.md`               each part by a run of its own
    return `{"sum": 4200}`                               the result, where the run has a schema for one
    ask "the question" of "one answer" or "another", by default "one answer"
    wait 3 seconds
    fail with the message

Several may follow one another in a sentence or in several. Prose that names no file is one document.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from codex_swarm.models import DocumentTemplate, TaskType
from swarm.agent.offline.clauses import VERBS, clauses, file_names, mentioned_names, quoted, target_names
from swarm.agent.offline.formats import asked_formats, named_formats, without_formats
from swarm.agent.offline.naming import document_name
from swarm.agent.offline.revision import Revision, revision_in
from swarm.agent.offline.steps import (
    Ask,
    Call,
    Convert,
    Delegate,
    Delete,
    Edit,
    Execute,
    Fail,
    LookUp,
    Return,
    Run,
    Search,
    Step,
    Touch,
    UseSkill,
    Wait,
    Write,
)
from swarm.runs.hosted_tools import WEB_SEARCH

LONGEST_TEXT = 20_000
MOST_STEPS = 100
LONGEST_WAIT = 3_600.0

THE_DOCUMENT = "it"
"""Stands for the file written last, where a clause says `convert it`."""

_WAIT = re.compile(r"(?:wait|sleep|pause)(?:\s+for)?\s+(\d{1,9}(?:\.\d{1,9})?)\s*(m)?[a-z]*\W*", re.IGNORECASE)
_FAIL = re.compile(r"fail\s+with\s+(?:(?:the\s+)?(?:message|error)\s+)?(.+)", re.IGNORECASE | re.DOTALL)
_SEARCH = re.compile(r"search\s+(?:(?:all|the)\s+files\s+)?for\s", re.IGNORECASE)
_WEB = re.compile(r"search\s+the\s+(?:web|internet)\s+for\s", re.IGNORECASE)
_SERVER = re.compile(r"ask\s+the\s+server\s+[\"“'`]?([a-z][\w-]*)[\"”'`]?\s+for\s", re.IGNORECASE)
_SKILL = re.compile(r"use\s+the\s+skill\s+[\"“'`]?([a-z0-9-]+)", re.IGNORECASE)
_ASK = re.compile(r"ask\b.*[\"“]", re.IGNORECASE | re.DOTALL)
_CALL = re.compile(r"call\s+`([A-Za-z][\w-]*)\s*(\{[^`]*\})?`", re.IGNORECASE)
_DELEGATE = re.compile(r"delegate\b.*[\"“`]", re.IGNORECASE | re.DOTALL)
_RETURN = re.compile(r"return\s+`([^`]+)`", re.IGNORECASE)
_BY_DEFAULT = re.compile(r"\bby\s+default\s+[\"“]([^\"”]+)[\"”]", re.IGNORECASE)
_RUN = re.compile(r"run\b.*`", re.IGNORECASE | re.DOTALL)
_EXECUTE = re.compile(r"execute\s", re.IGNORECASE)
_TOUCH = re.compile(r"touch\s+(?!up\b|on\b|upon\b|base\b)(.+)", re.IGNORECASE | re.DOTALL)
_DELETE = re.compile(r"(?:delete|remove)\b", re.IGNORECASE)
_ALL = re.compile(r"(?:all|every|each)\b", re.IGNORECASE)
_PATTERN = re.compile(r"[\w./-]*\*[\w./*-]*\w")
_CONVERT = re.compile(r"convert\s+(.*?)\s+(?:in)?to\s+(.+)", re.IGNORECASE | re.DOTALL)
_REPLACE = re.compile(r"replace\s+(\S.*?)\s+(?:by|with)\s+(\S.*?)\s+in\s+(.+)", re.IGNORECASE | re.DOTALL)
_CREATE = re.compile(rf"(?:{VERBS})\b", re.IGNORECASE)
_TEMPLATE = re.compile(
    r",?\s+(?:with|in|by|from|using)\s+the\s+(?:template\s+[\"“'`]?(\w+)[\"”'`]?"
    rf"|({'|'.join(DocumentTemplate)})\s+template\b)",
    re.IGNORECASE,
)
_EXACTLY = re.compile(
    r"\W*(?:with\s+(?:the\s+)?(?:texts?|contents?|words|line)\b|(?:that|which)\s+says\b|saying\b|reading\b"
    r"|containing\s+(?!an?\b|the\b|some\b))[\s:]*(.+)",
    re.IGNORECASE | re.DOTALL,
)
_CONNECTOR = re.compile(r"\W*(?:with|containing|that\s+contains|about|on|for)\s+", re.IGNORECASE)
_IT = re.compile(r"it|them|this|that|(?:the|this|that)\s+(?:file|document|report|draft|result)s?", re.IGNORECASE)
_SHAPE = re.compile(
    rf"(?:{VERBS})\s+(?:(?:an?|the|new|simple|small|short|empty|\w+)\s+)*?files?\s+(?:called|named)?\s*", re.IGNORECASE
)
_TRAILING = re.compile(r"[\s,]*\b(?:and|to|into|as|in|called|named)?[\s,\"“'`]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Understood:
    """What a text asks for. `prose` is all of it where it names no file and no step: a question, or a subject.

    `formats` are the suffixes that a document about the prose is wanted in, beside its source. `revision` is what it
    asks of a document that is there; the rest is what it means where there is none.
    """

    steps: tuple[Step, ...]
    prose: str | None = None
    formats: tuple[str, ...] = ()
    revision: Revision | None = None


def read_instructions(text: str, task_type: TaskType) -> tuple[Step, ...]:
    """The steps to take. Never empty for a text that says anything, and never more than `MOST_STEPS`."""
    return understand(text, task_type).steps


def understand(text: str, task_type: TaskType) -> Understood:
    """The steps, and the prose where there is nothing else."""
    return replace(_understood(text, task_type), revision=revision_in(text[:LONGEST_TEXT]))


def _understood(text: str, task_type: TaskType) -> Understood:
    steps: list[Step] = []
    prose: list[str] = []
    first_prose = 0
    for clause in clauses(text[:LONGEST_TEXT]):
        read = _read(clause)
        if not read:
            first_prose = first_prose if prose else len(steps)
            prose.append(clause)
        steps += read
    if any(_is_about_files(step) for step in steps) or (steps and not prose):
        return Understood(tuple(_with_document(steps))[:MOST_STEPS])
    said = " ".join(prose)
    formats = (
        *asked_formats(said),
        *(target for step in steps if isinstance(step, Convert) for target in step.targets),
    )
    alone = all(isinstance(step, Convert) for step in steps)
    steps[first_prose:first_prose] = _document(_without_verb(said), task_type)
    about = without_formats(said) if alone and prose else None
    return Understood(tuple(_with_document(steps))[:MOST_STEPS], about, tuple(dict.fromkeys(formats)))


def _document(said: str, task_type: TaskType) -> list[Step]:
    """The one document that prose asks for, and the formats that it is asked for in."""
    formats = asked_formats(said)
    path, about = document_name(said, task_type), without_formats(said) if formats else said
    written = Write(path, about)
    return [written, Convert((path,), formats)] if formats and path.endswith(".md") else [written]


def _read(clause: str) -> list[Step]:
    """The steps of one clause; none when it is prose."""
    look = _TEMPLATE.search(clause)
    bare = f"{clause[: look.start()]}{clause[look.end() :]}" if look else clause
    for reader in _READERS:
        steps = reader(bare)
        if any(isinstance(step, Convert) for step in steps):
            name = (look[1] or look[2]).lower() if look else None
            return [replace(step, template=name) if isinstance(step, Convert) else step for step in steps]
        if steps:
            return reader(clause)
    return []


def _is_about_files(step: Step) -> bool:
    return not isinstance(step, Wait | Fail) and not (isinstance(step, Convert) and step.sources == (THE_DOCUMENT,))


def _with_document(steps: list[Step]) -> list[Step]:
    """The same steps, with `it` replaced by the file written before."""
    written = ""
    resolved: list[Step] = []
    for step in steps:
        if isinstance(step, Write):
            written = step.path
        if isinstance(step, Convert) and step.sources == (THE_DOCUMENT,):
            resolved.append(replace(step, sources=(written or THE_DOCUMENT,)))
        else:
            resolved.append(step)
    return resolved


def _read_wait(clause: str) -> list[Step]:
    found = _WAIT.fullmatch(clause)
    if not found:
        return []
    seconds = float(found[1]) * (60 if found[2] else 1)
    return [Wait(min(seconds, LONGEST_WAIT))]


def _read_fail(clause: str) -> list[Step]:
    found = _FAIL.match(clause)
    return [Fail(found[1].strip().rstrip(".").strip("\"“”'`") or "failed as asked")] if found else []


def _read_run(clause: str) -> list[Step]:
    return [Run(tuple(quoted(clause)))] if _RUN.match(clause) and quoted(clause) else []


def _read_execute(clause: str) -> list[Step]:
    names = [named.path for named in mentioned_names(clause)] if _EXECUTE.match(clause) else []
    if not names:
        return []
    into = [named.path for named in target_names(clause) if named.path != names[0]]
    return [Execute(names[0], into[0] if into else None)]


def _read_ask(clause: str) -> list[Step]:
    default = _BY_DEFAULT.search(clause)
    texts = quoted(clause[: default.start()] if default else clause) if _ASK.match(clause) else []
    return [Ask(texts[0], tuple(texts[1:]), default[1] if default else None)] if texts else []


def _read_call(clause: str) -> list[Step]:
    found = _CALL.match(clause)
    return [Call(found[1], found[2] or "{}")] if found else []


def _read_delegate(clause: str) -> list[Step]:
    return [Delegate(tuple(quoted(clause)))] if _DELEGATE.match(clause) and quoted(clause) else []


def _read_return(clause: str) -> list[Step]:
    found = _RETURN.match(clause)
    return [Return(found[1])] if found else []


def _read_search(clause: str) -> list[Step]:
    return [Search(words) for words in quoted(clause)] if _SEARCH.match(clause) else []


def _read_look_up(clause: str) -> list[Step]:
    server = _SERVER.match(clause)
    if server is None and not _WEB.match(clause):
        return []
    return [LookUp(server[1].lower() if server else WEB_SEARCH, words) for words in quoted(clause)]


def _read_skill(clause: str) -> list[Step]:
    found = _SKILL.match(clause)
    return [UseSkill(found[1].lower().strip("-"))] if found else []


def _read_touch(clause: str) -> list[Step]:
    found = _TOUCH.match(clause)
    names = re.split(r"[\s,]+", found[1]) if found else []
    bare = [name.strip("\"“”'`").rstrip(".") for name in names if name.lower() not in {"and", "files", "file", "the"}]
    paths = tuple(name for name in bare if name)
    return [Touch(paths)] if paths else []


def _read_delete(clause: str) -> list[Step]:
    paths = tuple(named.path for named in mentioned_names(clause)) if _DELETE.match(clause) else ()
    return [Delete(paths)] if paths else []


def _read_convert(clause: str) -> list[Step]:
    found = _CONVERT.match(clause)
    if not found:
        return []
    what = THE_DOCUMENT if _IT.fullmatch(found[1]) else found[1]
    many = _ALL.match(found[1])
    sources = (_pattern(found[1]),) if many else tuple(named.path for named in mentioned_names(found[1])) or (what,)
    named = tuple(target.path for target in mentioned_names(found[2]))
    targets = named or named_formats(found[2])
    return [Convert(sources, targets)] if targets else []


def _read_replace(clause: str) -> list[Step]:
    found = _REPLACE.match(clause)
    paths = mentioned_names(found[3]) if found else []
    if found is None or not paths:
        return []
    texts = (quoted(text) or [text] for text in (found[1], found[2]))
    old, new = (given[0] for given in texts)
    return [Edit(named.path, old, new) for named in paths]


def _pattern(text: str) -> str:
    """The files that a text such as "all markdown files" or "all files in uploads/*.docx" means, as a pattern."""
    written = _PATTERN.search(text)
    if written:
        return written[0]
    kinds = named_formats(text)
    return f"*{kinds[0]}" if kinds else "*"


def _read_create(clause: str) -> list[Step]:
    names = file_names(clause) if _CREATE.match(clause) else target_names(clause)
    steps: list[Step] = []
    about, literal = "", None
    for place in range(len(names) - 1, -1, -1):
        ends = names[place + 1].start if place + 1 < len(names) else len(clause)
        tail = clause[names[place].end : ends]
        if place + 1 < len(names):
            tail = _TRAILING.sub("", tail)
        if tail.strip(" .,") or not steps:
            about, literal = _content(clause[: names[place].start], tail)
        steps = [*_write(names[place].path, about, literal), *steps]
    return steps


def _content(head: str, tail: str) -> tuple[str, str | None]:
    """What a file is to be about, from the words before and after its name; or its exact content, if given."""
    exact = quoted(tail)
    if exact:
        return "", exact[0]
    wanted = _EXACTLY.fullmatch(tail)
    if wanted:
        return "", wanted[1].rstrip(".")
    described = _CONNECTOR.sub("", tail, count=1).strip(" .,:")
    given = quoted(head)
    if not described and given:
        return "", given[0]
    return described or _TRAILING.sub("", _without_verb(_SHAPE.sub("", head))).strip(), None


def _without_verb(text: str) -> str:
    verb = _CREATE.match(text)
    return text[verb.end() :].strip() if verb else text


def _write(path: str, about: str, literal: str | None) -> list[Step]:
    """The file; of a format that is not text, its source and a conversion."""
    source = text_source(path)
    written = Write(source, about, literal if literal is None or literal.endswith("\n") else f"{literal}\n")
    return [written] if source == path else [written, Convert((source,), (path,))]


def text_source(path: str) -> str:
    """The text file that a file of this name can be made from: itself, when it is text."""
    suffix = PurePosixPath(path).suffix.lower()
    return str(PurePosixPath(path).with_suffix(_SOURCES[suffix])) if suffix in _SOURCES else path


_SOURCES = {
    **dict.fromkeys((".docx", ".pdf", ".pptx", ".odt", ".rtf", ".epub", ".doc"), ".md"),
    ".xlsx": ".csv",
    ".xls": ".csv",
}

_READERS: tuple[Callable[[str], list[Step]], ...] = (
    _read_wait,
    _read_fail,
    _read_skill,
    _read_run,
    _read_execute,
    _read_look_up,
    _read_ask,
    _read_call,
    _read_delegate,
    _read_return,
    _read_search,
    _read_touch,
    _read_delete,
    _read_convert,
    _read_replace,
    _read_create,
)
