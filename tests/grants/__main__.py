"""`./run.sh grants`: take away each permission in turn, see that a scene notices, and write docs/permissions.md.

It plays the scenes once to learn who needs what, and then, for each permission, those that need it without it, the
quickest first, until one fails. All of it takes some 20 minutes; `./run.sh grants TenantsFunction kms` tries those
whose role or action has one of these in its name, and leaves the other rows. Exit code 1 where nobody notices.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import CodexSwarmError
from infra.local.cloud import LocalCloud
from infra.local.permissions.policy import Grant
from tests.grants import scenes, table
from tests.grants.options import OPTION_SCENES, option_stage
from tests.grants.scenes import CLOUD, PROJECT, SCENES, Stage, needed

Scene = Callable[[Any], None]
# A scene that has to fail is not waited for as long as one that has to succeed.
HASTE = 20.0


def main(wanted: Sequence[str]) -> int:
    """The process's exit code; the permissions are those whose role or action has something `wanted` in its name."""
    found: dict[Grant, str | None] = {}
    with tempfile.TemporaryDirectory() as folder:
        cloud = LocalCloud(**CLOUD, log_folder=Path(folder, "logs"))
        with cloud, CodexSwarmClient(cloud.url) as client:
            client.put_project(PROJECT)
            found |= _tried(Stage(cloud, client, Path(folder)), SCENES, wanted, optional=False)
        with option_stage(Path(folder)) as stage:
            found |= _tried(stage, OPTION_SCENES, wanted, optional=True)
    if not found:
        print(f"no permission has {' or '.join(wanted)} in the name of its role or action", file=sys.stderr)
        return 2
    noticed = {name: {scene} for name, scene in found.items() if scene}
    table.write({**(table.written() if wanted else {}), **table.rows(noticed)})
    print(f"{len(noticed)} permissions are noticed when they are gone, {len(found) - len(noticed)} are not")
    return 1 if len(noticed) < len(found) else 0


def _tried(stage: Stage, playing: Sequence[Scene], wanted: Sequence[str], *, optional: bool) -> dict[Grant, str | None]:
    """Each permission that these scenes are about, by the template's names, and the scene that noticed."""
    found: dict[Grant, str | None] = {}
    grants = {
        grant: name
        for grant in stage.cloud.permissions.grants()
        if not table.is_the_platforms(grant) and table.is_optional(grant) is optional
        for name in [table.named(stage.cloud, grant)]
        if not wanted or any(each in name.role or each in name.action for each in wanted)
    }
    if not grants:
        return found
    scenes.SECONDS = 60.0
    users, seconds = _users(stage, playing)
    scenes.SECONDS = HASTE
    for grant, name in grants.items():
        found[name] = _first_to_notice(stage, grant, sorted(users[grant], key=seconds.__getitem__))
        print(f"{name.role} {name.action} {name.resource}: {found[name] or 'NOBODY'}", flush=True)
    return found


def _users(stage: Stage, playing: Sequence[Scene]) -> tuple[dict[Grant, set[Scene]], dict[Scene, float]]:
    """Who needs which permission, and how long each scene takes."""
    users: dict[Grant, set[Scene]] = defaultdict(set)
    seconds: dict[Scene, float] = {}
    for scene in playing:
        began = time.monotonic()
        for grant in needed(stage, scene):
            users[grant].add(scene)
        seconds[scene] = time.monotonic() - began
        print(f"{seconds[scene]:5.1f} s  {scene.__name__}", flush=True)
    return users, seconds


def _first_to_notice(stage: Stage, grant: Grant, playing: Sequence[Scene]) -> str | None:
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
    sys.exit(main(sys.argv[1:]))
