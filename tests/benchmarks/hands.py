"""Twelve chapters by twelve children, and by one run: wall time, tokens, calls, transitions, dollars, and the book.

The model is a server on this machine that speaks the Responses API and takes two seconds for each answer. It counts a
token for every four characters, and caches nothing.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Event, Timer
from typing import Any

from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import RunRead
from infra.local.cloud import LocalCloud
from tests.benchmarks.figures import Figure, keep
from tests.benchmarks.run import dollars, transitions
from tests.provider.script import Reply, call, calls, finishes, held
from tests.provider.server import Received, ScriptedProvider

SECONDS = 2.0
CHARACTERS_A_TOKEN = 4
PRICE = {"input": 1.25, "output": 10.0}
"""US dollars for a million tokens, as an example."""

PARAGRAPH = "What a chapter says at some length, so that a book of twelve is more than a page. "


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="./run.sh bench hands", description=__doc__)
    parser.add_argument("--chapters", type=int, default=12, help="at most 16 (12)")
    parser.add_argument("--json", type=Path, help="file in which the figures are left, too")
    chosen = parser.parse_args(arguments)
    figures = measured(chosen.chapters)
    for figure in figures:
        print(figure.line())
    if chosen.json:
        keep(figures, chosen.json)


def measured(chapters: int) -> list[Figure]:
    """Both ways on one laptop cloud, one after the other, each after a run that warms it up."""
    with ExitStack() as stack:
        provider = stack.enter_context(ScriptedProvider(lambda received: _answer(received, chapters)))
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cloud = stack.enter_context(
            LocalCloud(
                log_folder=logs,
                parameters={
                    "FakeSwarm": "",
                    "OpenAIBaseUrl": provider.base_url,
                    "OpenAIModel": "bench",
                    "OpenAISecretName": "bench",
                    "ModelPrices": json.dumps({"bench": PRICE}),
                    "MaxActiveRuns": "20",
                },
            )
        )
        cloud.client("secretsmanager").create_secret(Name="bench", SecretString=provider.api_key)
        client = stack.enter_context(CodexSwarmClient(cloud.url, api_key=""))
        _book(cloud, client, "by twelve")
        alone, together = _book(cloud, client, "by one"), _book(cloud, client, "by twelve")
    assert alone["book"] == together["book"]
    assert len(together["book"]) == chapters
    names = ("wall time", "s"), ("model", "tokens"), ("model, at the price above", "US dollars"), ("AWS", "calls")
    figures = [
        Figure(f"{chapters} chapters by {chapters}, {name}", together[name], unit, "by one", alone[name])
        for name, unit in (*names, ("transitions", "transitions"), ("AWS, requests and transitions", "US dollars"))
    ]
    return [*figures, Figure("chapters of the merged book", len(together["book"]), "files")]


def _book(cloud: LocalCloud, client: CodexSwarmClient, how: str) -> dict[str, Any]:
    with cloud.recorded_calls() as recorded:
        began = time.monotonic()
        run = client.start_run("bench", f"Write the book {how}.", metadata={"how": how})
        run = client.wait(run.id, timeout=600, poll=0.05, check=True)
        seconds = time.monotonic() - began
        time.sleep(0.5)
        made = list(recorded)
    everyone = [run, *(client.get_run(child.run_id) for child in run.children)]
    counted = Counter(each.operation for each in made if each.function is not None and not each.presigned)
    entered = sum(transitions(cloud, name) for each in everyone for name in _executions(each))
    return {
        "book": {file.path: client.get_file(run.id, file.path) for file in client.iter_files(run.id)},
        "wall time": seconds,
        "model": run.usage.input_tokens + run.usage.output_tokens,
        "model, at the price above": run.usage.cost_usd or 0.0,
        "AWS": sum(counted.values()),
        "transitions": entered,
        "AWS, requests and transitions": dollars(counted, 1, entered),
    }


def _executions(run: RunRead) -> list[str]:
    """A run that delegated once had one more execution, for what came of it."""
    return [run.id, *([f"{run.id}-1"] if run.children else [])]


def _answer(received: Received, chapters: int) -> Reply:
    asked = json.dumps(received.body["input"])
    done = asked.count('"function_call_output"')
    reply = _next(asked, done, chapters)
    written = json.dumps(reply.output)
    tokens = {"input_tokens": len(asked) // CHARACTERS_A_TOKEN, "output_tokens": len(written) // CHARACTERS_A_TOKEN}
    usage = {
        **tokens,
        "total_tokens": sum(tokens.values()),
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
    ready = Event()
    Timer(SECONDS, ready.set).start()
    return held(replace(reply, fields={"usage": usage}), ready)


def _next(asked: str, done: int, chapters: int) -> Reply:
    if "Write the book by one." in asked:
        return calls(_chapter(done + 1)) if done < chapters else finishes("The book is written.")
    if "Write the book by twelve." in asked:
        parts = [
            {"title": f"Chapter {number}", "instructions": f"Write chapter {number}.", "files": None}
            for number in range(1, chapters + 1)
        ]
        return calls(call("delegate", tasks=parts)) if done == 0 else finishes("The book is written.")
    number = int(asked.partition("Write chapter ")[2].partition(".")[0])
    return calls(_chapter(number)) if done == 0 else finishes(f"Chapter {number} is written.")


def _chapter(number: int) -> Any:
    return call("write_file", path=f"{number:02}.md", content=f"# Chapter {number}\n\n{PARAGRAPH * 40}\n")
