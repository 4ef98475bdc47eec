"""Five documents in one job, the second of which has taken over its process: the other four have their texts."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from swarm.workspace.document_texts import validated
from tests.convert.documents import word
from tests.support.handler_process import Handler, handler_process
from tests.support.job_server import Delivery, JobServer, job_server
from tests.support.paths import ROOT

LETTERS = {f"{number}.docx": word(f"letter {number}") for number in (1, 3, 4, 5)}
SHA256 = {path: hashlib.sha256(content).hexdigest() for path, content in LETTERS.items()}
BOUNDED = {"cpu_seconds": 4, "memory_bytes": 700_000_000, "file_bytes": 4 << 20}


@pytest.fixture(scope="module")
def jobs() -> Iterator[JobServer]:
    with job_server() as server:
        yield server


@pytest.fixture(scope="module")
def handler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handler]:
    """The function, as a user who owns nothing else, with a tool that runs its document."""
    roots = [ROOT / "functions", ROOT / "layers/job", ROOT / "tests/convert/hostile_tool"]
    environment = {"PYTHONPATH": os.pathsep.join(map(str, roots))}
    folder = tmp_path_factory.mktemp("tmp")
    with handler_process("convert.app", folder, environment=environment) as process:
        yield process


def read(handler: Handler, jobs: JobServer, hostile: str, **limits: int) -> Delivery:
    """What comes of a job of five, whose second is this program."""
    files = {**LETTERS, "2.py": hostile.encode()}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("hostile_text" if path == "2.py" else "document_text", {"path": path}) for path in sorted(files)
    ]
    event = jobs.job(calls, files, limits={**BOUNDED, **limits})
    handler(event)
    return jobs.delivered(event)


def assert_the_others_are_read(done: Delivery) -> None:
    assert [result["ok"] for result in done.results if result["call_id"] != "call_2"] == [True] * 4, done.output
    for path, sha256 in SHA256.items():
        text = validated(json.dumps(done.texts[sha256]).encode())
        assert [line for _, line in text.lines] == [f"letter {path[0]}"]
    assert done.files == {}


GENTLY = {
    "it crashes": ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended with code"),
    "it ends at once": ("import os; os._exit(0)", "ended with code 0"),
    "it raises": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "it says what is no answer": ("import os; (scratch / 'answer.json').write_text('{'); os._exit(0)", "malformed"),
    "its text is a pipe": ("import os; os.mkfifo(scratch / 'text.json')", "left no text"),
    "its text is a folder": ("(scratch / 'text.json').mkdir()", "left no text"),
    "its text is a link": ("(scratch / 'text.json').symlink_to(workspace / '3.docx')", "left no text"),
    "it locks its folder": ("leave('{}'); (scratch / 'in').mkdir(); (scratch / 'in').chmod(0)", "read"),
    "it writes a large file": ("leave('x' * (5 << 20))", "a file grew beyond 4 MiB"),
    "it kills its maker": ("import os, signal; os.kill(os.getppid(), signal.SIGKILL)", "Operation not permitted"),
    "it kills the group of its maker": ("import os, signal; os.killpg(os.getppid(), 9)", "Operation not permitted"),
}


@pytest.mark.proof
@pytest.mark.parametrize("hostile, said", GENTLY.values(), ids=GENTLY)
def test_a_document_that_brings_its_process_down_spoils_only_itself(
    hostile: str, said: str, handler: Handler, jobs: JobServer
) -> None:
    done = read(handler, jobs, hostile)
    assert_the_others_are_read(done)
    assert said in done.result("call_2")["output"]
    assert handler.left() == []


@pytest.mark.proof
@pytest.mark.parametrize(
    "hostile, said",
    [
        pytest.param("while True: pass", "more than 4 s of processor time", id="in circles"),
        pytest.param("import time; time.sleep(1000)", "timed out after 20 s", id="asleep"),
        pytest.param("kept = [bytearray(50 << 20) for _ in range(100)]", "more memory", id="at once"),
        pytest.param(
            "import os, time\nfor _ in range(3):\n  if os.fork() == 0: break\n"
            "kept = bytearray(b'x') * (220 << 20); time.sleep(1000)",
            "more than 667 MiB of memory",
            id="shared among processes",
        ),
    ],
)
def test_a_document_that_takes_all_the_time_or_memory_has_only_its_own(
    hostile: str, said: str, handler: Handler, jobs: JobServer
) -> None:
    done = read(handler, jobs, hostile, seconds=40)
    assert_the_others_are_read(done)
    assert said in done.result("call_2")["output"]


FORGED = '{"name": "document.docx", "kind": "docx", "words": 1, "lines": [["line 1", "forged"]]}'
INTO_ITS_NEIGHBOURS = {
    "their texts": "texts = workspace.parent / 'texts'\nfor sha256 in SHA256: (texts / sha256).write_text(FORGED)",
    "their documents": "for name in '1345': (workspace / f'{name}.docx').write_text(FORGED)",
    "their folder": "import os\nscratch.rename(scratch.with_name('other')); scratch.mkdir()",
    "a text by a link": "import os\nos.link(scratch / 'text.json', workspace.parent / 'texts' / SHA256[1])",
    "the memory of its maker": "import os\nopen(f'/proc/{os.getppid()}/mem', 'r+b')",
}


@pytest.mark.proof
@pytest.mark.parametrize("hostile", INTO_ITS_NEIGHBOURS.values(), ids=INTO_ITS_NEIGHBOURS)
def test_a_document_does_not_write_anothers_text(hostile: str, handler: Handler, jobs: JobServer) -> None:
    """It leaves a text, so that it looks well, and tries; what it says of it shows that it was refused."""
    known = f"SHA256, FORGED = {list(SHA256.values())!r}, {FORGED!r}\nleave(FORGED)\n"
    failing = "\n".join(f"  {line}" for line in hostile.splitlines())
    done = read(
        handler, jobs, f"{known}try:\n{failing}\nexcept PermissionError as e: raise SystemExit('refused') from e"
    )
    assert_the_others_are_read(done)
    held = done.result("call_1")["notes"]["defences"]["held"]
    if {"writes_confined", "memory_closed"} <= set(held):
        assert "refused" in done.result("call_2")["output"]


def test_what_one_document_does_is_not_seen_by_the_four_others(handler: Handler, jobs: JobServer) -> None:
    """In one: it writes into their texts, and crashes."""
    texts = "(workspace.parent / 'texts').iterdir()"
    hostile = f"import os\ntry:\n  for text in {texts}: text.write_text('x')\nfinally: os.abort()"
    assert_the_others_are_read(read(handler, jobs, hostile))


@pytest.mark.proof
def test_a_hostile_document_names_no_file_of_another_as_its_own(handler: Handler, jobs: JobServer) -> None:
    """What was made of a document is moved by the function, which no hostile name may lead astray."""
    names = ["../workspace/3.docx", "/etc/hostname", "..", f"../texts/{SHA256['1.docx']}"]
    for name in names:
        answer = json.dumps({"ok": True, "output": "made", "files": {"out.txt": name}})
        hostile = f"import os\nleave('{{}}'); (scratch / 'answer.json').write_text({answer!r}); os._exit(0)"
        done = read(handler, jobs, hostile)
        assert_the_others_are_read(done)
        assert "malformed" in done.result("call_2")["output"]


@pytest.mark.proof
def test_what_follows_is_done_though_the_process_that_forks_was_lost(handler: Handler, jobs: JobServer) -> None:
    killed: list[int] = []

    def kill() -> None:
        until = time.monotonic() + 20
        while not killed and time.monotonic() < until:
            for pid in _children(handler.pid):
                if any("sleep" in _command(each) for child in _children(pid) for each in (child, *_children(child))):
                    killed.append(pid)
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)

    killer = threading.Thread(target=kill)
    killer.start()
    done = read(handler, jobs, "import subprocess; subprocess.run(['/bin/sleep', '1000'])")
    killer.join()
    assert len(killed) == 1
    assert_the_others_are_read(done)
    assert not done.result("call_2")["ok"]
    assert handler.left() == []


def _children(pid: int) -> list[int]:
    try:
        return [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return []


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()
    except OSError:
        return ""
