"""What changed in documents, by their text: counted, in the patch for people to read, and word by word."""

from __future__ import annotations

import hashlib
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from agent.app import handler as agent
from finish.app import handler as finish
from prepare.app import handler as prepare
from swarm.agent.slice import FINISH_SECONDS
from swarm.outputs.diff import diff
from swarm.outputs.word_view import MAX_PATCH, page
from swarm.workspace.document_texts import DocumentText, DocumentTexts
from swarm.workspace.objects import ProjectArea
from swarm.workspace.snapshot import FileChange, FileEntry
from tests.outputs.runs import holding, rewrite
from tests.support.lambda_context import lambda_context
from tests.support.stack import Stack

BODIES = {
    "docx": ("clause {}", "docx"),
    "pdf": ("page {}", "pdf"),
    "pptx": ("slide {}", "pptx"),
    "xlsx": ("sheet Loan, A{}:B{}", "xlsx"),
    "odt": ("heading {}", "odt"),
    "epub": ("heading {}", "epub"),
}


def text(lines: list[str], place: str = "clause {}", kind: str = "docx") -> DocumentText:
    numbered = tuple((place.format(number, number), line) for number, line in enumerate(lines, 1))
    return DocumentText(name=f"document.{kind}", kind=kind, words=1, lines=numbered)


def entry(data: bytes) -> FileEntry:
    return FileEntry(hashlib.sha256(data).hexdigest(), len(data), "docx")


def changed(path: str, old: DocumentText | None, new: DocumentText | None) -> tuple[str, str]:
    """The line of `stat` and the patch of one document that was changed."""
    sides = [entry(data) if side else None for data, side in ((b"\0old", old), (b"\0new", new))]
    texts = {side.sha256: known for side, known in zip(sides, (old, new), strict=True) if side and known}
    status = "added" if old is None else "deleted" if new is None else "modified"
    made = diff("run/r", [FileChange(path, status, *sides)], lambda _: b"\0", texts)  # type: ignore[arg-type]
    return made.summary.stat, made.patch.decode()


@pytest.mark.parametrize("kind", BODIES)
def test_each_kind_of_document_is_compared_by_its_text(kind: str) -> None:
    place, form = BODIES[kind]
    old = [f"Clause number {number} says so." for number in range(1, 31)]
    new = [line.replace("20 says", "20 denies") for line in old]
    stat, patch = changed(f"c/one.{kind}", text(old, place, form), text(new, place, form))
    assert stat == f"c/one.{kind} | 2 +- of its text"
    assert patch.startswith(
        f"Binary files a/c/one.{kind} and b/c/one.{kind} differ\n# c/one.{kind}: the text, to be read"
    )
    assert f"# @@ -17,7 +17,7 @@ {place.format(20, 20)}\n" in patch
    assert "# -Clause number 20 says so.\n# +Clause number 20 denies so.\n" in patch
    shown = page(patch)
    assert f'<h2 dir="auto">c/one.{kind}</h2>' in shown
    assert "Clause number 20 <del>says</del><ins>denies</ins> so." in shown


def test_documents_that_came_or_went_or_say_the_same() -> None:
    some = text(["One.", "Two."])
    assert changed("a.docx", None, some)[0] == "a.docx | 2 ++ of its text"
    assert changed("a.docx", some, None)[0] == "a.docx | 2 -- of its text"
    stat, patch = changed("a.docx", some, some)
    assert (stat, patch.splitlines()[1]) == ("a.docx | 0 of its text", "# a.docx: the text is the same")
    locked = DocumentText(name="document.docx", problem="document.docx is protected by a password")
    assert changed("a.docx", locked, some)[0] == "a.docx | Bin 4 -> 4 bytes"


def test_the_patch_still_applies_around_the_text_of_a_document(tmp_path: Path) -> None:
    old, new, binary, other = b"one\n", b"two\n", b"\0old", b"\0new"
    blobs = {entry(data).sha256: data for data in (old, new, binary, other)}
    texts = {
        entry(binary).sha256: text(["--- a/z.txt", "+++ b/z.txt", "@@ -1 +1 @@", "same"]),
        entry(other).sha256: text(["diff --git a/z.txt b/z.txt", "deleted file mode 100644", "same", "\x85x\r"]),
    }
    changes = [
        FileChange("a.docx", "modified", entry(binary), entry(other)),
        FileChange("z.txt", "modified", entry(old), entry(new)),
    ]
    made = diff("run/r", changes, lambda each: blobs[each.sha256], texts)
    (tmp_path / "z.txt").write_bytes(old)
    (tmp_path / "a.docx").write_bytes(binary)
    apply = ["git", "apply", "-"]
    done = subprocess.run(apply, cwd=tmp_path, input=made.patch, capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "z.txt").read_bytes() == new
    assert (tmp_path / "a.docx").read_bytes() == binary


class Elements(HTMLParser):
    """The elements of a page, and what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.said = ""

    def handle_starttag(self, tag: str, _: object) -> None:
        self.seen.add(tag)

    def handle_data(self, data: str) -> None:
        self.said += data


@pytest.mark.parametrize(
    ("before", "went", "came", "after"),
    [
        ("العَقْدُ ", "شَرِيعَةُ", "قانونُ", " المُتَعاقِدِين"),
        ("בְּרֵאשִׁית ", "בָּרָא", "עָשָׂה", " אֱלֹהִים"),
        ("किराया ", "प्रति", "हर", " माह"),
        ("می\u200cخواهم ", "خانه\u200cها", "باغ\u200cها", " را"),
    ],
    ids=["arabic", "hebrew", "hindi", "persian"],
)
def test_words_with_marks_are_compared_whole_and_shown_in_their_direction(
    before: str, went: str, came: str, after: str
) -> None:
    _, patch = changed("a.docx", text([before + went + after]), text([before + came + after]))
    assert f'<p class="text" dir="auto">{before}<del>{went}</del><ins>{came}</ins>{after}</p>' in page(patch)


def test_nothing_in_a_patch_becomes_markup() -> None:
    evil = "<script>alert(1)</script><img src=x onerror=y>"
    stat, patch = changed("<b>.docx", text([evil, "x"]), text([f"{evil} & more", "x"]))
    found = Elements()
    found.feed(page(patch + f"diff --git a/{evil} b/{evil}\n@@ -1 +1 @@\n-{evil}\n+a\n"))
    assert found.seen <= {"html", "head", "meta", "title", "style", "body", "h2", "p", "ins", "del"}
    assert found.said.count(evil) == 3
    assert "<b>.docx" in stat


def test_a_contract_of_three_hundred_pages_is_compared_and_shown() -> None:
    old = [f"{number}. The Borrower pays {number * 17 % 101} on day {number}, and no later." for number in range(6_000)]
    new = [line.replace("no later", "not later") if number % 100 == 7 else line for number, line in enumerate(old)]
    stat, patch = changed("c.docx", text(old), text(new))
    assert stat.startswith("c.docx | 120 ")
    shown = page(patch)
    assert len(re.findall("<del>no</del><ins>not</ins>", shown)) == 60
    long = f"diff --git a/x b/x\n@@ -0,0 +1,{MAX_PATCH} @@\n" + "+&\n" * MAX_PATCH
    assert len(page(long)) < 4_500_000


def test_documents_that_are_read_later_are_compared_then(stack: Stack) -> None:
    first = holding(stack, {"c.docx": b"old"})
    second = stack.start("touch main2.md", from_run_id=first)
    key = {"tenant_id": "tenant-a", "project_id": "p1", "run_id": second}
    prepare(key, lambda_context())
    assert agent(key, lambda_context(FINISH_SECONDS - 1))["outcome"] == "finish"
    rewrite(stack, stack.backend.runs.get("tenant-a", second), {"c.docx": b"new"})
    finish(key, lambda_context())
    before = stack.request("GET", f"/runs/{second}/diff").json
    assert (before["by_text"], before["unread"]) == ([], ["c.docx"])
    texts = DocumentTexts(stack.backend.objects, ProjectArea("tenant-a", "p1"))
    for data, line in ((b"old", "The fee is due."), (b"new", "The fee is waived.")):
        texts.put(hashlib.sha256(data).hexdigest(), text([line]))
    after = stack.request("GET", f"/runs/{second}/diff").json
    assert (after["by_text"], after["unread"]) == (["c.docx"], [])
    assert after["artifact_id"] == before["artifact_id"]
    assert "c.docx | 2 +- of its text" in after["summary"]["stat"].splitlines()
    shown = stack.request("GET", f"/runs/{second}/diff?format=html")
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert shown.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "The fee is <del>due</del><ins>waived</ins>." in shown.text
