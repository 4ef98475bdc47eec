"""A result is taken whole or not at all, and a hostile one costs nothing but its own job."""

from __future__ import annotations

import io
import json
import tarfile
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarm.jobs.issue import JobLimits
from swarm.jobs.tarball import MAX_FILES, InvalidResult, read_result
from tests.jobs.conftest import delivery, member, result, tar

LIMITS = JobLimits(file_bytes=10_000)
TOLD = member("results.json", json.dumps([result("c/0000")]).encode())
LONG = "/".join(["a folder with a long name"] * 12) + "/ü.md"


def test_what_a_function_delivers_is_taken() -> None:
    files = {"a.md": b"# A\n", "empty": b"", "docs/ü.txt": b"x" * 513, LONG: b"deep"}
    taken = read_result(io.BytesIO(delivery([result("c/0000", files=files)], files, ["old.md"])), LIMITS)
    assert {path: content.read() for path, content in taken.files.items()} == files
    assert taken.deleted == ["old.md"]
    assert [(outcome.call_id, outcome.ok) for outcome in taken.outcomes] == [("c/0000", True)]


def test_a_path_is_the_same_however_its_letters_are_composed() -> None:
    taken = read_result(io.BytesIO(delivery([], {"u\u0308.md": b"x"})), LIMITS)
    assert [*taken.files] == ["\u00fc.md"]


def as_other_programs_write_it(form: int, *names: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for info, content in [member("results.json", b"[]"), *(member(name, b"x") for name in names)]:
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def sparse(extension: dict[str, str]) -> bytes:
    """A few bytes that say that they stand for ten gigabytes of zeros."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info, content = member("files/zeros", b"0" * 10)
        info.pax_headers = extension
        archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


TEN_GIGABYTES = str(10 << 30)
HOSTILE = {
    "nothing": b"",
    "no tar": b"PK\x03\x04" + b"x" * 2_000,
    "compressed": b"\x1f\x8b\x08" + bytes(1_000),
    "no end": tar(TOLD)[: -2 * tarfile.BLOCKSIZE],
    "cut off": tar(TOLD, member("files/a", b"x" * 5_000))[:3_000],
    "no results": tar(member("deleted.json", b"[]")),
    "results that are none": tar(member("results.json", b'{"a": 1}')),
    "results that are not JSON": tar(member("results.json", b"[\xff")),
    "results twice": tar(TOLD, TOLD),
    "way out": tar(TOLD, member("files/../../etc/passwd", b"x")),
    "encoded way out": tar(TOLD, member("files/%2e%2e/x", b"x")),
    "absolute": tar(TOLD, member("/etc/passwd", b"x")),
    "absolute below files": tar(TOLD, member("files//etc/passwd", b"x")),
    "reserved": tar(TOLD, member("files/.git/hooks/pre-commit", b"x")),
    "control character": tar(TOLD, member("files/a\nb", b"x")),
    "nameless": tar(TOLD, member("files/", b"x")),
    "elsewhere": tar(TOLD, member("other/a", b"x")),
    "way out in what is gone": tar(TOLD, member("deleted.json", b'["../a"]')),
    "symbolic link": tar(TOLD, member("files/a", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
    "hard link": tar(TOLD, member("files/a", type=tarfile.LNKTYPE, linkname="results.json")),
    "character device": tar(TOLD, member("files/a", type=tarfile.CHRTYPE, devmajor=1, devminor=5)),
    "block device": tar(TOLD, member("files/a", type=tarfile.BLKTYPE)),
    "fifo": tar(TOLD, member("files/a", type=tarfile.FIFOTYPE)),
    "folder": tar(TOLD, member("files/a", type=tarfile.DIRTYPE)),
    "sparse, as GNU has it": tar(TOLD, member("files/a", b"x", type=tarfile.GNUTYPE_SPARSE)),
    "sparse, 0.1": sparse({"GNU.sparse.major": "0", "GNU.sparse.map": "0,x", "GNU.sparse.size": TEN_GIGABYTES}),
    "sparse, 1.0": sparse({"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": TEN_GIGABYTES}),
    "another size in an extension": sparse({"size": TEN_GIGABYTES}),
    "GNU long name": as_other_programs_write_it(tarfile.GNU_FORMAT, f"files/{LONG}"),
    "global extension": tar(TOLD, member("g", b"16 path=results\n", type=tarfile.XGLTYPE)),
    "negative size": tar(TOLD, member("files/a", b"", size=-512)),
    "size beyond the end": tar(TOLD, member("files/a", b"x", size=9_000)),
    "duplicate": tar(TOLD, member("files/a", b"1"), member("files/a", b"2")),
    "duplicate in another spelling": tar(TOLD, member("files/\u00fc", b"1"), member("files/u\u0308", b"2")),
    "too large": tar(TOLD, member("files/a", b"x" * 10_001)),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_anything_else_is_refused_whole(content: bytes) -> None:
    with pytest.raises(InvalidResult):
        read_result(io.BytesIO(content), LIMITS)


def test_too_many_files_are_refused_whole() -> None:
    [(first, _), (last, _)] = member("files/000000"), member(f"files/{MAX_FILES:06}")
    header = first.tobuf(tarfile.USTAR_FORMAT)
    assert len(header) == len(last.tobuf(tarfile.USTAR_FORMAT)) == tarfile.BLOCKSIZE
    members = bytearray()
    for number in range(MAX_FILES + 1):
        block = bytearray(header)
        block[6:12] = b"%06d" % number
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
        members += block
    with pytest.raises(InvalidResult, match="files"):
        read_result(io.BytesIO(tar(TOLD)[: -2 * tarfile.BLOCKSIZE] + members + bytes(2 * tarfile.BLOCKSIZE)), LIMITS)


def test_zeros_that_are_not_there_are_not_made() -> None:
    tracemalloc.start()
    try:
        with pytest.raises(InvalidResult):
            read_result(io.BytesIO(HOSTILE["sparse, 1.0"]), JobLimits())
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_files_are_not_copied() -> None:
    content = delivery([], {"large": b"x" * JobLimits().file_bytes})
    tracemalloc.start()
    try:
        assert len(read_result(io.BytesIO(content), JobLimits()).files["large"]) == JobLimits().file_bytes
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


GOOD = delivery([result("c/0000")], {"a.md": b"# A\n", LONG: b"deep"}, ["gone"])


@settings(max_examples=100, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=8),
    repair=st.booleans(),
)
def test_damage_is_refused_or_harmless(changes: list[tuple[int, int]], repair: bool) -> None:
    damaged = bytearray(GOOD)
    for place, value in changes:
        damaged[place] = value
    if repair:
        repair_checksums(damaged)
    began = time.monotonic()
    try:
        taken = read_result(io.BytesIO(damaged), LIMITS)
    except InvalidResult:
        return
    finally:
        assert time.monotonic() - began < 5
    assert all(".." not in path.split("/") and not path.startswith("/") for path in taken.files)
    assert sum(map(len, taken.files.values())) <= len(GOOD)


def repair_checksums(content: bytearray) -> None:
    """Let every block that was a header pass for one, so that damage gets past the checksum."""
    for start in range(0, len(content), tarfile.BLOCKSIZE):
        block = content[start : start + tarfile.BLOCKSIZE]
        if block[257:262] == b"ustar":
            block[148:156] = b" " * 8
            content[start + 148 : start + 156] = b"%06o\0 " % sum(block)
