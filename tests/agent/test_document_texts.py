"""Documents in the agent's own tools: searched by their text, read from a place on, listed with their length."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace

import pytest
from pydantic import JsonValue

from swarm.agent.job_calls import results_of, run_calls
from swarm.agent.model import ToolCall
from swarm.agent.tools.toolbox import Toolbox, ToolResult
from swarm.errors import CorruptObject
from swarm.ids import valid_project_id
from swarm.jobs.batch import CallResult, JobCall, cut
from swarm.outputs.search import words_finder
from swarm.tasks.registry import BATCHES
from swarm.workspace.document_texts import READER, DocumentText, DocumentTexts, text_key
from swarm.workspace.objects import MemoryObjects, ProjectArea
from swarm.workspace.searching import matches_in_text
from swarm.workspace.snapshot import FileEntry, Snapshot
from swarm.workspace.text_packs import LARGEST_TEXT, named_in
from swarm.workspace.working_copy import Workspace

BOX = Toolbox(BATCHES)

CONTRACT = DocumentText(
    name="document.docx",
    kind="docx",
    words=20,
    about=("title: Loan",),
    lines=(
        ("heading Loan", "# Loan"),
        ("clause 4.1", "4.1 Either party may end this with the lender\u2019s consent."),
        ("clause 4.2", "4.2 The **Bor**rower pays a penalty\u00a0fee, {++in full++}."),
        ("clause 4.2(a)", "(a) see [the schedule](schedule.docx)[^1]"),
    ),
)
LETTER = DocumentText(
    name="document.pdf",
    kind="pdf",
    pages=3,
    words=9,
    lines=(("page 1", "The termi-"), ("page 1", "nation for"), ("page 1", "cause"), ("page 2", ""), ("page 3", "Ends")),
    scans=(2,),
    scanned=1,
)
LOCKED = DocumentText(name="document.docx", problem="document.docx is protected by a password; ask for a copy without")


@pytest.fixture
def store() -> MemoryObjects:
    return MemoryObjects()


@pytest.fixture
def workspace(store: MemoryObjects) -> Workspace:
    return Workspace(Snapshot(), store, ProjectArea("t", "p"))


def add(workspace: Workspace, path: str, text: DocumentText | None = None, data: bytes | None = None) -> None:
    """A document whose bytes are its name, or these; with its text, where somebody has made it."""
    entry = workspace.write(path, path.encode() if data is None else data)
    if text:
        workspace.texts.put(entry.sha256, text)


def call(name: str, **arguments: JsonValue) -> ToolCall:
    declared = {spec.name: spec for spec in BOX.specs}[name].parameters["properties"]
    assert isinstance(declared, dict)
    return ToolCall(f"call of {name}", name, json.dumps({**dict.fromkeys(declared), **arguments}))


def do(workspace: Workspace, name: str, **arguments: JsonValue) -> ToolResult:
    done = run_calls(BOX, [call(name, **arguments)], workspace)
    assert not done.pending
    return done.results[0]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param("Either", "c/one.docx, clause 4.1: 4.1 Either party may", id="as it stands"),
        pytest.param("The Borrower", "c/one.docx, clause 4.2: 4.2 The Borrower pays", id="across marks"),
        pytest.param("penalty fee", "c/one.docx, clause 4.2: ", id="a hard blank"),
        pytest.param("lender's", "c/one.docx, clause 4.1: ", id="a typographic quote"),
        pytest.param("fee, in full", "c/one.docx, clause 4.2: ", id="across a tracked change"),
        pytest.param("see the schedule$", "c/one.docx, clause 4.2(a): ", id="a link and a footnote"),
        pytest.param("termination", "letter.pdf, page 1: The termination for", id="a divided word"),
        pytest.param("for cause", "letter.pdf, page 1: nation for cause", id="over the end of a line"),
        pytest.param("EITHER", "c/one.docx, clause 4.1: ", id="other case, where nothing else matches"),
    ],
)
def test_a_document_is_searched_as_people_read_it(workspace: Workspace, pattern: str, expected: str) -> None:
    add(workspace, "c/one.docx", CONTRACT)
    add(workspace, "letter.pdf", LETTER)
    found = do(workspace, "search_files", pattern=pattern)
    assert found.ok
    assert sum(line.startswith(expected) for line in found.output.splitlines()) == 1
    assert "[searched 0 text files and 2 documents]" in found.output


SCRIPTS = [
    pytest.param("العَقْدُ شَرِيعَةُ المُتَعاقِدِين", "العقد شريعة", "العَقْدُ شَرِيعَةُ", id="arabic points"),
    pytest.param("يدفع الإيجار غداً", "الايجار", "الإيجار", id="an alef without its mark"),
    pytest.param(
        "\ufe8d\ufedf\ufecc\ufed8\ufeaa \ufefb", "العقد لا", "\ufe8d\ufedf\ufecc\ufed8\ufeaa \ufefb", id="joined forms"
    ),
    pytest.param("محم\u0640\u0640\u0640د يوقع", "محمد يوقع", "محم\u0640\u0640\u0640د يوقع", id="a stretched word"),
    pytest.param("\u202bالطرف\u200f الأول\u202c", "الطرف الأول", "الطرف\u200f الأول", id="marks of direction"),
    pytest.param("בְּרֵאשִׁית בָּרָא", "בראשית ברא", "בְּרֵאשִׁית בָּרָא", id="hebrew points"),
    pytest.param("م\u06cc\u200cخواهم", "ميخواهم", "م\u06cc\u200cخواهم", id="persian letters and joiners"),
    pytest.param("זה מלך גדול", "מלכ", "מלך", id="a final letter"),
    pytest.param("an e\ufb03cient \ufb01le", "efficient file", "e\ufb03cient \ufb01le", id="ligatures"),
    pytest.param("cafe\u0301 noir", "caf\u00e9", "cafe\u0301", id="a letter in parts"),
    pytest.param("caf\u00e9 noir", "cafe\u0301", "caf\u00e9", id="a letter as one"),
    pytest.param(
        "\u1112\u1161\u11ab\u1100\u1173\u11af", "한글", "\u1112\u1161\u11ab\u1100\u1173\u11af", id="korean in parts"
    ),
    pytest.param("the “lender’s\u00a0fee”", "lender's fee", "lender’s\u00a0fee", id="typography"),
]


@pytest.mark.parametrize(("written", "looked_for", "expected"), SCRIPTS)
def test_words_are_found_as_people_type_them_and_shown_as_they_are_written(
    workspace: Workspace, written: str, looked_for: str, expected: str
) -> None:
    add(workspace, "a.docx", replace(CONTRACT, lines=(("clause 1", written), ("clause 2", "another"))))
    workspace.write("b.md", f"{written}\nanother\n".encode())
    told = do(workspace, "search_files", pattern=looked_for).output.splitlines()
    assert told[:2] == [f"a.docx, clause 1: {written}", f"b.md:1: {written}"]
    [match] = matches_in_text(words_finder(looked_for), [written])
    assert match.shown[match.start : match.end] == expected


@pytest.mark.parametrize("pattern", ["\u0651", "[\u064b-\u0652]", "\u200b"], ids=["a point", "points", "nothing seen"])
def test_a_pattern_of_what_is_left_out_of_account_matches_just_that(workspace: Workspace, pattern: str) -> None:
    workspace.write("b.md", "\u0645\u062f\u0651\u200b\nanother\n".encode())
    assert do(workspace, "search_files", pattern=pattern).output.splitlines()[0].startswith("b.md:1: ")
    assert "b.md:2" not in do(workspace, "search_files", pattern=pattern).output


def test_nothing_found_says_where_it_was_not_looked_for(workspace: Workspace) -> None:
    add(workspace, "a.docx", CONTRACT)
    add(workspace, "scan.pdf", LETTER)
    add(workspace, "locked.docx", LOCKED)
    workspace.write("data.bin", b"\0")
    workspace.write("photo.png", b"")
    told = do(workspace, "search_files", pattern="absent").output
    assert told.startswith("no line matches\n[searched 0 text files and 2 documents]\n")
    assert "scan.pdf (1 of 3 pages are scans without text: 2)" in told
    assert "locked.docx (protected by a password; ask for a copy without)" in told
    assert "data.bin (binary (.bin))" in told
    assert "1 image not searched" in told


def test_markup_is_searched_as_it_is_and_as_it_is_read(workspace: Workspace) -> None:
    page = b'<p class="total">fore<b>closure</b></p>'
    text = DocumentText(name="document.html", kind="html", lines=(("paragraph 1", "fore**closure**"),), words=1)
    add(workspace, "a.html", text, page)
    assert "a.html:1: <p class" in do(workspace, "search_files", pattern='class="total"').output
    assert "a.html, paragraph 1: foreclosure" in do(workspace, "search_files", pattern="foreclosure").output


def test_documents_without_text_are_read_first_each_content_once(workspace: Workspace) -> None:
    for path in ("a.docx", "copy of a.docx"):
        add(workspace, path, data=b"one")
    add(workspace, "b.pdf", LETTER)
    asked = [call("search_files", pattern="Either"), call("read_document", path="a.docx"), call("finish", summary="x")]
    done = run_calls(BOX, asked, workspace)
    parts = [part for _, part in done.pending]
    assert [(part.tool, part.arguments["path"], part.parent) for part in parts] == [
        ("document_text", "a.docx", "call of search_files"),
        ("document_text", "a.docx", "call of read_document"),
    ]
    assert ["finish was not done" in each.output for each in done.results] == [True]
    workspace.texts.put(str(parts[0].arguments["sha256"]), CONTRACT)
    outcomes = [CallResult(part.call_id, ok=True, output="read") for part in parts]
    searched, shown = results_of(BOX, asked[:2], parts, outcomes, {}, workspace)
    assert [line for line in searched.output.splitlines() if "Either" in line] == [
        f"{path}, clause 4.1: 4.1 Either party may end this with the lender\u2019s consent."
        for path in ("a.docx", "copy of a.docx")
    ]
    assert shown.output.startswith("[a.docx]\ntitle: Loan\n# Loan\n4.1 Either")
    assert do(workspace, "read_document", path="copy of a.docx").ok


def test_a_document_that_could_not_be_read_is_named_with_the_reason(workspace: Workspace) -> None:
    add(workspace, "a.docx")
    asked = [call("search_files", pattern="x"), call("read_document", path="a.docx")]
    parts = [part for _, part in run_calls(BOX, asked, workspace).pending]
    lost = [CallResult(part.call_id, ok=False, output="error: it ran out of time") for part in parts]
    searched, shown = results_of(BOX, asked, parts, lost, {}, workspace)
    assert "a.docx (it ran out of time)" in searched.output
    assert (shown.ok, shown.output) == (False, "error: it ran out of time")


@pytest.mark.parametrize(
    ("path", "place", "first"),
    [
        pytest.param("c/one.docx", "clause 4.2", "4.2 The **Bor**rower", id="a clause"),
        pytest.param("c/one.docx", "4.2", "4.2 The **Bor**rower", id="its number alone"),
        pytest.param("c/one.docx", "c/one.docx, clause 4.2(a)", "(a) see", id="as search_files writes it"),
        pytest.param("letter.pdf", "page 3", "--- page 3 of 3 ---", id="a page"),
        pytest.param("letter.pdf", "3", "--- page 3 of 3 ---", id="the number of a page"),
    ],
)
def test_reading_begins_at_a_place(workspace: Workspace, path: str, place: str, first: str) -> None:
    add(workspace, "c/one.docx", CONTRACT)
    add(workspace, "letter.pdf", LETTER)
    lines = do(workspace, "read_document", path=path, place=place).output.splitlines()
    assert next(line for line in lines if not line.startswith("[")).startswith(first)


def test_a_place_that_is_not_there_is_answered_with_those_that_are(workspace: Workspace) -> None:
    add(workspace, "a.docx", CONTRACT)
    told = do(workspace, "read_document", path="a.docx", place="clause 9")
    assert not told.ok
    assert "no place 'clause 9'; it has places such as clause 4.1, clause 4.2, clause 4.2(a)" in told.output


def test_a_long_document_is_read_part_by_part_to_its_end(workspace: Workspace) -> None:
    lines = tuple((f"paragraph {n}", f"{n} {'word ' * 40}") for n in range(400))
    add(workspace, "long.odt", DocumentText(name="document.odt", kind="odt", lines=lines))
    seen, start = "", 1
    while start:
        shown = do(workspace, "read_document", path="long.odt", start_page=start).output
        assert len(shown) <= 30_000
        seen += shown
        start = int(shown.rpartition("go on with start_page ")[2].rstrip("]")) if "go on with" in shown else 0
    assert all(f"\n{line}" in seen for _, line in lines)
    assert "part 3 of 3" in do(workspace, "read_document", path="long.odt", place="paragraph 399").output


def test_documents_are_listed_with_what_is_known_of_their_length(workspace: Workspace) -> None:
    add(workspace, "a.docx", CONTRACT)
    add(workspace, "b.pdf", LETTER)
    add(workspace, "c.docx")
    assert do(workspace, "list_files").output.splitlines() == [
        "a.docx  6 bytes  docx  20 words",
        "b.pdf  5 bytes  pdf  3 pages, 9 words",
        "c.docx  6 bytes  docx",
    ]


def test_many_documents_are_read_by_few_jobs() -> None:
    parts = [JobCall(f"c/{n:04}", "document_text", {"path": f"{n}"}) for n in range(500)]
    others = [JobCall(f"d/{n:04}", "convert_document", {}) for n in range(500)]
    jobs = cut(1, "w", [("convert", part) for part in [*parts, *others]], Snapshot()).jobs
    assert len(jobs) <= 100
    assert sum(len(job.calls) for job in jobs) == 1_000
    assert sum(job.calls[0].tool == "document_text" for job in jobs) == 10
    assert len(cut(1, "w", [("convert", part) for part in parts[:4]], Snapshot()).jobs) == 1


def test_a_job_of_large_documents_has_fewer_of_them() -> None:
    """They lie side by side in the function that reads them, which has 2 GiB for them."""
    files = {f"{n}.pdf": FileEntry(f"{n:064x}", 50 << 20, "pdf") for n in range(100)}
    parts = [JobCall(f"c/{n:04}", "document_text", {"path": path}, reads=[path]) for n, path in enumerate(files)]
    jobs = cut(1, "w", [("convert", part) for part in parts], Snapshot(files)).jobs
    assert [call for job in jobs for call in job.calls] == parts
    assert max(len(job.calls) * (50 << 20) for job in jobs) <= 1 << 30


class Counted(MemoryObjects):
    """Counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def get(self, key: str) -> bytes:
        self.asked += 1
        return super().get(key)

    def keys_after(self, prefix: str, after: str) -> list[str]:
        self.asked += 1
        return super().keys_after(prefix, after)


AREA = ProjectArea("t", "p")
HASHES = [hashlib.sha256(f"{number}".encode()).hexdigest() for number in range(3_000)]


@pytest.mark.parametrize(
    ("stored", "asked_for", "most"),
    [
        pytest.param(0, 500, 2, id="none is there"),
        pytest.param(250, 500, 2, id="half of them are there"),
        pytest.param(3_000, 3_000, 8, id="all are, more than a page"),
        pytest.param(3_000, 16, 18, id="few among many"),
        pytest.param(3_000, 3, 4, id="three"),
    ],
)
def test_which_texts_are_missing_takes_few_calls(stored: int, asked_for: int, most: int) -> None:
    store = Counted()
    for sha256 in HASHES[:stored]:
        DocumentTexts(store, AREA).put(sha256, CONTRACT)
        # What an earlier version made does not count.
        store.put(f"{AREA.texts}{sha256}-1.json.gz", b"")
    store.put(f"{AREA.texts}{HASHES[-1]}-1.json.gz", b"")
    asked = [*HASHES[: asked_for - 1], HASHES[-1]]
    assert DocumentTexts(store, AREA).missing(asked) == set(asked) - set(HASHES[:stored])
    assert store.asked <= most


def test_texts_that_are_handed_on_are_not_fetched() -> None:
    store = Counted()
    texts = DocumentTexts(store, AREA)
    texts.remember({HASHES[0]: CONTRACT})
    assert texts.get(HASHES[0]) == CONTRACT
    assert texts.missing(HASHES[:1]) == set()
    assert store.asked == 0


def entries(hashes: Iterable[str]) -> list[FileEntry]:
    return [FileEntry(sha256, 1, "docx") for sha256 in hashes]


def told(number: int) -> DocumentText:
    return replace(CONTRACT, lines=(("paragraph 1", f"this is text {number}"),))


TOLD = {sha256: told(number) for number, sha256 in enumerate(HASHES[:500])}


def test_texts_of_one_job_are_few_objects_that_every_later_search_reads() -> None:
    store = Counted()
    for first in range(0, 500, 50):
        DocumentTexts(store, AREA).put_together(list(TOLD.items())[first : first + 50])
    assert len(store.objects) == 10
    backwards = list(reversed(TOLD))
    texts = DocumentTexts(store, AREA)
    assert texts.missing(backwards) == set()
    assert list(texts.of(entries(backwards))) == [TOLD[sha256] for sha256 in backwards]
    assert list(texts.of(entries(backwards))) == [TOLD[sha256] for sha256 in backwards]
    assert store.asked <= 12
    assert DocumentTexts(store, AREA).get(HASHES[77]) == TOLD[HASHES[77]]
    assert DocumentTexts(store, AREA).get(HASHES[777]) is None


def test_packed_texts_and_texts_of_their_own_are_found_together() -> None:
    store = Counted()
    texts = DocumentTexts(store, AREA)
    for sha256 in HASHES[:20]:
        texts.put(sha256, TOLD[sha256])
    texts.put_together(list(TOLD.items())[20:60])
    asked = HASHES[10:70]
    assert DocumentTexts(store, AREA).missing(asked) == set(HASHES[60:70])
    found = list(DocumentTexts(store, AREA).of(entries(asked)))
    assert found == [*(TOLD[sha256] for sha256 in HASHES[10:60]), *[None] * 10]


def test_a_text_made_while_somebody_looks_is_found_the_next_time_they_ask() -> None:
    store = MemoryObjects()
    texts = DocumentTexts(store, AREA)
    assert texts.missing(HASHES[:3]) == set(HASHES[:3])
    DocumentTexts(store, AREA).put_together(list(TOLD.items())[:3])
    assert texts.missing(HASHES[:3]) == set()
    assert texts.get(HASHES[1]) == TOLD[HASHES[1]]


def test_a_long_text_is_an_object_of_its_own_and_a_pack_is_no_larger_than_can_be_held() -> None:
    store = MemoryObjects()
    long = replace(CONTRACT, lines=(("page 1", "a" * (LARGEST_TEXT + 1)),))
    middle = replace(CONTRACT, lines=(("page 1", "a" * (LARGEST_TEXT - 6)),))
    DocumentTexts(store, AREA).put_together([(HASHES[0], long), *((sha256, middle) for sha256 in HASHES[1:16])])
    packs = [key for key in store.objects if "/packs/" in key]
    assert [len(named_in(key, AREA, READER)) for key in packs] == [5, 5, 5]
    assert set(store.objects) - set(packs) == {text_key(AREA, HASHES[0])}
    assert list(DocumentTexts(store, AREA).of(entries(HASHES[:2]))) == [long, middle]


def test_more_texts_than_are_remembered_are_read_in_order_with_few_calls() -> None:
    store = Counted()
    middle = replace(CONTRACT, lines=(("page 1", "a" * 100_000),))
    DocumentTexts(store, AREA).put_together((sha256, middle) for sha256 in HASHES[:1_000])
    found = DocumentTexts(store, AREA).of(entries(HASHES[:1_000]))
    assert sum(text == middle for text in found) == 1_000
    # Each look at 64 may begin in the middle of a pack that was let go.
    assert store.asked <= 120


@pytest.mark.parametrize("project", ["p", "\u0639" * 124, "\u5951" * 83], ids=["short", "arabic", "chinese"])
def test_a_key_of_a_pack_fits_into_s3_whatever_the_project_is_called(project: str) -> None:
    store, area = MemoryObjects(), ProjectArea("t" * 64, valid_project_id(project))
    DocumentTexts(store, area).put_together(TOLD.items())
    assert max(len(key.encode()) for key in store.objects) <= 1_024
    assert len(store.objects) <= 500 / 12
    assert list(DocumentTexts(store, area).of(entries(TOLD))) == list(TOLD.values())


def test_a_pack_that_is_swept_while_somebody_reads_is_made_again() -> None:
    store = MemoryObjects()
    DocumentTexts(store, AREA).put_together(list(TOLD.items())[:5])
    texts = DocumentTexts(store, AREA)
    assert texts.missing(HASHES[:5]) == set()
    store.objects.clear()
    assert list(texts.of(entries(HASHES[:5]))) == [None] * 5
    assert texts.missing(HASHES[:5]) == set(HASHES[:5])


def test_a_pack_that_cannot_be_read_is_said_to_be_broken() -> None:
    store = MemoryObjects()
    DocumentTexts(store, AREA).put_together(list(TOLD.items())[:5])
    store.objects = dict.fromkeys(store.objects, b"no text")
    with pytest.raises(CorruptObject, match="packs/"):
        DocumentTexts(store, AREA).get(HASHES[0])


class Dying(MemoryObjects):
    """A store whose caller is killed at one of its puts: before it is done, or after."""

    def __init__(self, at: int, *, done: bool) -> None:
        super().__init__()
        self._left, self._done = at, done

    def put(self, key: str, data: bytes, *, expires: bool = False) -> None:
        self._left -= 1
        if self._left != -1 or self._done:
            super().put(key, data, expires=expires)
        if self._left == -1:
            raise InterruptedError


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_whoever_is_killed_while_texts_are_kept_keeps_them_again_in_the_same_objects(done: bool) -> None:
    long = replace(CONTRACT, lines=(("page 1", "a" * (LARGEST_TEXT + 1)),))
    made = [*list(TOLD.items())[:120], (HASHES[500], long)]
    undisturbed = MemoryObjects()
    DocumentTexts(undisturbed, AREA).put_together(made)
    for at in range(len(undisturbed.objects)):
        store = Dying(at, done=done)
        with pytest.raises(InterruptedError):
            DocumentTexts(store, AREA).put_together(made)
        # What is there already is a text or none.
        assert set(DocumentTexts(store, AREA).of(entries(TOLD))) <= {None, *TOLD.values()}
        DocumentTexts(store, AREA).put_together(made)
        assert store.objects == undisturbed.objects
