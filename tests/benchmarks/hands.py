"""Twelve chapters by twelve children, and by one run: wall time, tokens, calls, transitions, dollars, and the book.
And the calls and transitions of a run with a message, a question and four children.

The model is a server on this machine that speaks the Responses API and takes two seconds for each answer. It counts a
token for every four characters, and caches nothing.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Set
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
    figures = [*conversing(), *measured(chosen.chapters)]
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
    everyone = {run.id, *(child.run_id for child in run.children)}
    counted = Counter(each.operation for each in made if each.function is not None and not each.presigned)
    entered = _entered(cloud, everyone)
    return {
        "book": {file.path: client.get_file(run.id, file.path) for file in client.iter_files(run.id)},
        "wall time": seconds,
        "model": run.usage.input_tokens + run.usage.output_tokens,
        "model, at the price above": run.usage.cost_usd or 0.0,
        "AWS": sum(counted.values()),
        "transitions": entered,
        "AWS, requests and transitions": dollars(counted, 1, entered),
    }


def _entered(cloud: LocalCloud, run_ids: Set[str]) -> int:
    """The states that all executions of these runs entered: a run has one more each time that it went on."""
    listed = cloud.client("stepfunctions").get_paginator("list_executions")
    pages = listed.paginate(stateMachineArn=cloud.state_machine_arn)
    names = [each["name"] for page in pages for each in page["executions"]]
    return sum(transitions(cloud, name) for name in names if name.partition("-")[0] in run_ids)


def conversing() -> list[Figure]:
    """What a run comes to that hears a message, asks a question, and has four parts done by others, with those parts.

    The offline model; every second run of two is counted, so that processes are warm.
    """
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cloud = stack.enter_context(LocalCloud(log_folder=logs, parameters={"MaxActiveRuns": "20"}))
        client = stack.enter_context(CodexSwarmClient(cloud.url, api_key=""))
        _conversation(client)
        with cloud.recorded_calls() as recorded:
            run = _conversation(client)
            time.sleep(0.5)
            made = list(recorded)
        counted = Counter(each.operation for each in made if each.function is not None and not each.presigned)
        entered = _entered(cloud, {run.id, *(child.run_id for child in run.children)})
    what = "a message, a question, four children"
    return [
        Figure(f"{what}, AWS", sum(counted.values()), "calls"),
        Figure(f"{what}, transitions", entered, "transitions"),
        Figure(f"{what}, requests and transitions of 1,000", 1_000 * dollars(counted, 1, entered), "US dollars"),
    ]


def _conversation(client: CodexSwarmClient) -> RunRead:
    parts = " and ".join(f"`touch {number}.md`" for number in range(1, 5))
    text = f'ask "How many?" of "four" or "five". delegate {parts}'
    run = client.start_run("bench", text, interactive=True)
    run = client.wait(run.id, timeout=60, poll=0.05, until_asked=True)
    client.send_message(run.id, "touch more.md", "followup")
    client.decide(run, "answer", "four")
    run = client.wait(run.id, timeout=60, poll=0.05, check=True)
    assert (len(run.children), run.messages[0].state, len(run.requests)) == (4, "read", 1)
    return run


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
