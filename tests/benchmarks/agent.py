"""What the agent's work takes: a search over many Word files, a long contract compared, a wide patch, a long task.

On a laptop cloud, with the offline model, and for the last two with a provider that follows a script.
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import docx

from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import RunRead, RunStatus
from infra.local.cloud import LocalCloud
from swarm.agent.context import ASK_FOR_HANDOVER, tokens_in
from tests.benchmarks.figures import Figure
from tests.provider.script import Reply, call, calls, compacts, finishes, says
from tests.provider.server import Received, ScriptedProvider

PROJECT = "bench"
PARAGRAPHS_A_PAGE = 8
SENTENCE = "The supplier delivers the goods within thirty days of the order, unless both parties agree otherwise. "
SMALL, UNBOUNDED = 30_000, 10_000_000
"""Tokens of context: of a model for which a long task is long, and of one that never has to make room."""
_ASKED_BY_CLIENTS = {"ApiFunction", "AuthorizerFunction"}
"""How often these work while a run goes on is how often somebody asks for it."""


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="./run.sh bench agent", description=__doc__)
    parser.add_argument("--files", type=int, default=500, help="Word files to search (500, the most of an upload)")
    parser.add_argument("--pages", type=int, default=300, help="of the contract (300)")
    parser.add_argument("--patched", type=int, default=40, help="files of the patch (40)")
    parser.add_argument("--turns", type=int, default=60, help="of the long task (60)")
    chosen = parser.parse_args(arguments)
    for figure in _measured(chosen):
        print(figure.line(), flush=True)


def _measured(chosen: argparse.Namespace) -> Iterator[Figure]:
    yield from searched(chosen.files)
    yield from compared(chosen.pages)
    yield from patched(chosen.patched)
    yield from long_task(chosen.turns)


def searched(files: int) -> list[Figure]:
    """A run that looks for words in Word files, and another one over the same files; and a person's search."""
    with _offline() as (cloud, client):
        letters = {f"letters/{n:04}.docx": _letter(n) for n in range(files)}
        upload = client.upload_files(PROJECT, letters)
        words = 'search for "golden handshake"'
        first, first_calls, seconds = _run(cloud, client, words, uploads=[upload])
        again, again_calls, again_seconds = _run(cloud, client, words, from_run_id=first.id)
        found = [step.content for step in client.get_steps(again.id) if step.tool_name == "search_files"]
        assert found, "the agent did not search"
        assert f"{files:,}" in found[0] or str(files) in found[0], found[0][:300]
        began = time.perf_counter()
        assert client.search_project(PROJECT, "golden handshake").hits
        by_people = time.perf_counter() - began
    what = f"a run that searches {files:,} Word files"
    return [
        Figure(f"{what}, the first time", seconds, "s"),
        Figure(f"{what}, the second time", again_seconds, "s", "the first time", seconds),
        Figure(f"{what}, AWS calls, the first time", first_calls, "calls"),
        Figure(f"{what}, AWS calls, the second time", again_calls, "calls"),
        Figure("GET /projects/{id}/search over them", by_people * 1e3, "ms"),
    ]


def compared(pages: int) -> list[Figure]:
    """A run that changes one word of a long contract, and what changed in it: the patch, and the page for people."""
    with _offline() as (cloud, client):
        upload = client.upload_files(PROJECT, {"contract.docx": _contract(pages)})
        change = "replace sixty by ninety in contract.docx"
        changed, _, seconds = _run(cloud, client, change, uploads=[upload])
        times, page = [], ""
        for _ in range(2):
            with cloud.recorded_calls() as made:
                began = time.perf_counter()
                client.read_texts(changed.id, changes=True)
                page = client.get_diff_page(changed.id)
                times.append((time.perf_counter() - began, len(made)))
        assert "ninety" in page, "the page does not show the change"
    return [
        Figure(f"a run that edits a contract of {pages} pages", seconds, "s"),
        Figure("its comparison by words, the first time", times[0][0], "s"),
        Figure("its comparison by words, the second time", times[1][0], "s", "the first time", times[0][0]),
        Figure("AWS calls of the second comparison", times[1][1], "calls"),
    ]


def patched(files: int) -> list[Figure]:
    """A run whose model changes a line of each of many files by one patch."""
    patch = "*** Begin Patch\n"
    for number in range(files):
        patch += f"*** Update File: src/{number:03}.py\n@@\n-limit = 10\n+limit = {number}\n"
    script = [calls(call("apply_patch", patch=patch + "*** End Patch")), finishes("Every limit is its own.")]
    with ScriptedProvider(script) as provider, _asking(provider, UNBOUNDED) as (cloud, client):
        texts = {f"src/{n:03}.py": f'"""Part {n}."""\n\nlimit = 10\n'.encode() for n in range(files)}
        upload = client.upload_files(PROJECT, texts)
        run, made, seconds = _run(cloud, client, "Give each file its own limit.", uploads=[upload])
        assert client.get_file_text(run.id, "src/003.py").endswith("limit = 3\n")
    return [
        Figure(f"a run with a patch over {files} files", seconds, "s"),
        Figure("its AWS calls", made, "calls"),
    ]


def long_task(turns: int) -> list[Figure]:
    """Tokens that a task of many turns sends, and how many of them the request before had begun with."""
    figures = []
    for name, context, compaction in (
        ("never shortened", UNBOUNDED, False),
        ("the model hands over", SMALL, False),
        ("the provider compacts", SMALL, True),
    ):
        requests = _task(turns, context, compaction=compaction)
        sent = sum(map(tokens_in, requests))
        cached = sum(_shared(before, after) for before, after in pairwise(requests))
        what = f"{turns} turns, {name}"
        figures += [
            Figure(f"{what}: tokens sent", sent, "tokens"),
            Figure(f"{what}: of them the cache can have", cached, "tokens"),
            Figure(f"{what}: the longest request", max(map(tokens_in, requests)), "tokens"),
        ]
    return figures


def _task(turns: int, context: int, *, compaction: bool) -> list[list[Any]]:
    """The conversations that a provider was sent; each turn writes a file of 600 words."""
    replies = iter(
        [
            *(calls(call("write_file", path=f"{n}.md", content="word " * 600, append=None)) for n in range(turns - 1)),
            finishes("Done."),
        ]
    )
    requests: list[list[Any]] = []

    def answer(received: Received) -> Reply:
        items = received.body["input"]
        requests.append(items)
        if items[-1].get("content") == ASK_FOR_HANDOVER:
            return says("Every part so far is written, of 600 words each; the next one is open.")
        asked = received.body.get("context_management")
        over = bool(asked) and tokens_in(items) > asked[0]["compact_threshold"]
        return compacts(next(replies)) if over else next(replies)

    with ScriptedProvider(answer) as provider, _asking(provider, context, compaction) as (cloud, client):
        _run(cloud, client, "Write a book.")
    return requests


def _shared(before: list[Any], after: list[Any]) -> int:
    """About how many tokens two conversations begin with in common, which is what a provider's cache can have."""
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    return tokens_in(after[:same])


@contextmanager
def _offline() -> Iterator[tuple[LocalCloud, CodexSwarmClient]]:
    with (
        tempfile.TemporaryDirectory() as logs,
        LocalCloud(log_folder=Path(logs)) as cloud,
        CodexSwarmClient(cloud.url, call_timeout=600) as client,
    ):
        yield cloud, client


@contextmanager
def _asking(
    provider: ScriptedProvider, context: int, compaction: bool = False
) -> Iterator[tuple[LocalCloud, CodexSwarmClient]]:
    entry = {"context": context, "compaction": compaction}
    parameters = {"OpenAIBaseUrl": provider.base_url, "OpenAIModel": "m", "Models": json.dumps({"m": entry})}
    with (
        tempfile.TemporaryDirectory() as logs,
        LocalCloud(log_folder=Path(logs), offline=False, api_key=provider.api_key, parameters=parameters) as cloud,
        CodexSwarmClient(cloud.url, call_timeout=600) as client,
    ):
        yield cloud, client


def _run(cloud: LocalCloud, client: CodexSwarmClient, instructions: str, **more: Any) -> tuple[RunRead, int, float]:
    """A run to its end, the AWS calls of the functions that worked for it, and seconds of the clock."""
    with cloud.recorded_calls() as made:
        began = time.perf_counter()
        ended = client.wait(client.start_run(PROJECT, instructions, **more).id, poll=0.1)
        seconds = time.perf_counter() - began
    assert ended.status is RunStatus.SUCCEEDED, ended.errors
    return ended, sum(call.function not in {None, *_ASKED_BY_CLIENTS} for call in made), seconds


def _letter(number: int) -> bytes:
    words = "golden handshake" if number % 50 == 0 else "usual terms"
    return _word(lambda document: [document.add_paragraph(f"{SENTENCE}Letter {number}: {words}.") for _ in range(10)])


def _contract(pages: int) -> bytes:
    def write(document: Any) -> None:
        for page in range(pages):
            document.add_heading(f"Clause {page}", 2)
            for number in range(PARAGRAPHS_A_PAGE):
                term = "sixty" if (page, number) == (pages // 2, 3) else "thirty"
                document.add_paragraph(f"{page}.{number} {SENTENCE * 3}Payment is due within {term} days.")

    return _word(write)


def _word(write: Callable[[Any], object]) -> bytes:
    document: Any = docx.Document()
    write(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
