"""A laptop cloud whose model is in the middle of an answer, for as long as a test wants."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event

from codex_swarm.client import CodexSwarmClient
from infra.local.cloud import LocalCloud
from tests.local.clouds import Clouds
from tests.provider.script import call, calls, finishes, held_in_the_middle
from tests.provider.server import ScriptedProvider

LONG = "".join(f"line {number}\n" for number in range(300))
WRITES = calls(call("write_file", path="report.md", content=LONG), text="I write it.")
MIDDLE = 60_000
"""Bytes of the stream of `WRITES`, of which it has some 90,000."""


@contextmanager
def writing(clouds: Clouds) -> Iterator[tuple[LocalCloud, CodexSwarmClient, Event]]:
    """A laptop cloud whose provider stays in the middle of its answer until the event is set."""
    released = Event()
    # It goes on a little, so that whoever comes in the middle is shown what there is.
    first = replace(held_in_the_middle(WRITES, released, MIDDLE), pace=100)
    script = [first, finishes("Wrote report.md.")]
    try:
        with ScriptedProvider(script) as provider:
            cloud = clouds.get(
                f"draft-{uuid.uuid4().hex}",
                offline=False,
                api_key=provider.api_key,
                parameters={"OpenAIBaseUrl": provider.base_url, "OpenAIModel": "test-model"},
            )
            with CodexSwarmClient(cloud.url) as client:
                yield cloud, client, released
    finally:
        released.set()
