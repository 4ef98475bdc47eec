"""`./run.sh grants`: take away each permission in turn, see that a scene notices, and write docs/permissions.md.

It plays the scenes once to learn who needs what, and then, for each permission, those that need it without it, the
quickest first, until one fails. Takes some minutes; exit code 1 where nobody notices.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import CodexSwarmError
from infra.local.cloud import LocalCloud
from infra.local.permissions.policy import Grant
from tests.grants import scenes, table
from tests.grants.scenes import CLOUD, PROJECT, SCENES, Stage, needed

Scene = Callable[[Stage], None]
# A scene that has to fail is not waited for as long as one that has to succeed.
HASTE = 20.0


def main() -> int:
    """The process's exit code."""
    unnoticed, found = [], {}
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCloud(**CLOUD, log_folder=Path(folder, "logs")) as cloud,
        CodexSwarmClient(cloud.url) as client,
    ):
        client.put_project(PROJECT)
        stage = Stage(cloud, client, Path(folder))
        users, seconds = _users(stage)
        scenes.SECONDS = HASTE
        for grant in cloud.permissions.grants():
            if table.is_the_platforms(grant):
                continue
            noticing = _first_to_notice(stage, grant, sorted(users[grant], key=seconds.__getitem__))
            name = table.named(cloud, grant)
            print(f"{name.role} {name.action} {name.resource}: {noticing or 'NOBODY'}", flush=True)
            if noticing:
                found[name] = {noticing}
            else:
                unnoticed.append(name)
    table.write(table.rows(found))
    print(f"{len(found)} permissions are noticed when they are gone, {len(unnoticed)} are not")
    return 1 if unnoticed else 0


def _users(stage: Stage) -> tuple[dict[Grant, set[Scene]], dict[Scene, float]]:
    """Who needs which permission, and how long each scene takes."""
    users: dict[Grant, set[Scene]] = defaultdict(set)
    seconds: dict[Scene, float] = {}
    for scene in SCENES:
        began = time.monotonic()
        for grant in needed(stage, scene):
            users[grant].add(scene)
        seconds[scene] = time.monotonic() - began
        print(f"{seconds[scene]:5.1f} s  {scene.__name__}", flush=True)
    return users, seconds


def _first_to_notice(stage: Stage, grant: Grant, playing: list[Scene]) -> str | None:
    for scene in playing:
        # What an earlier scene left must not be what this one stumbles over.
        for run in stage.client.list_runs():
            if not run.status.final:
                with suppress(CodexSwarmError):
                    stage.client.cancel_run(run.run_id)
        stage.cloud.permissions.withheld = frozenset({grant})
        try:
            scene(stage)
        except (AssertionError, CodexSwarmError, OSError, KeyError, ValueError):
            return scene.__name__
        finally:
            stage.cloud.permissions.withheld = frozenset()
    return None


if __name__ == "__main__":
    sys.exit(main())
