"""`./run.sh deploy STAGE`: from a clean clone to a deployment that was asked whether it does what it promises.

Checks, build, change set (shown, and nothing is done before somebody says yes), deployment, a key, smoke, and what to
do next. Each step is a command that one could type; `--dry-run` shows them and runs none. The first that fails ends it.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
STAGE = re.compile(r"[a-z][a-z0-9-]{0,19}")
PARAMETER = re.compile(r"^  (\w+):\n    Type: ", re.MULTILINE)
URL, KEY = "API_URL", "KEY"
"""What a later command is given of what an earlier one printed, as `--dry-run` shows it."""


class Step(NamedTuple):
    """A command, why it is run, and what its output is called in those that follow; empty where nobody needs it."""

    why: str
    command: list[str]
    gives: str = ""


class Failed(Exception):
    """A command did not do what it should."""


def steps(asked: argparse.Namespace) -> list[Step]:
    """Everything that a deployment is, in order."""
    stack, sam = f"codex-swarm-{asked.stage}", ".venv-sam/bin/sam"
    overrides = [f"Stage={asked.stage}", *map(_quoted, asked.parameters)]
    deploy = [sam, "deploy", "--stack-name", stack, "--parameter-overrides", *overrides]
    deploy += ["--tags", "project=codex-swarm", f"stage={asked.stage}"]
    deploy += ["--no-confirm-changeset"] if asked.yes else ["--confirm-changeset"]
    of_stack = ["--stack", stack]
    cli = [".venv/bin/python", "-m", "codex_swarm.cli", "keys"]
    smoke_key = [*cli, "create", "smoke", "--expires", "1h", *of_stack, "--tenant", "smoke"]
    found = [] if asked.no_check else [Step("everything that is not a test", ["./run.sh", "check"])]
    found += [
        Step("functions and layers for arm64", ["./run.sh", "build"]),
        Step("the change set is shown; then it is carried out", deploy),
        Step("where it is", [sam, "list", "stack-outputs", "--stack-name", stack, "--output", "json"], gives=URL),
        Step("a key for the smoke, good for an hour", smoke_key, gives=KEY),
        Step("whether it does what it promises", ["./run.sh", "smoke", URL, KEY]),
    ]
    if asked.tenant:
        found.append(
            Step(
                "a key to work with; it is shown this once",
                [*cli, "create", "first", *of_stack, "--tenant", asked.tenant],
            )
        )
    return found


def _quoted(parameter: str) -> str:
    """As SAM reads it whole: of a value with quotes or spaces, such as JSON, it would take the beginning."""
    name, _, value = parameter.partition("=")
    if not re.search(r'[\s"]', value):
        return parameter
    escaped = value.replace('"', '\\"')
    return f'{name}="{escaped}"'


def run(planned: Sequence[Step], root: Path) -> dict[str, str]:
    """Run them in the repository; what they gave, by name. Raises `Failed`."""
    given: dict[str, str] = {}
    for step in planned:
        print(f"\n== {step.why}\n$ {shlex.join(step.command)}", flush=True)
        command = [given.get(word, word) for word in step.command]
        done = subprocess.run(command, cwd=root, check=False, text=True, stdout=subprocess.PIPE if step.gives else None)
        if done.returncode:
            raise Failed(f"{step.command[0]} ended with {done.returncode}; nothing after it was done")
        if step.gives:
            given[step.gives] = _url(done.stdout) if step.gives == URL else done.stdout.split()[0]
    return given


def _url(outputs: str) -> str:
    found = {each["OutputKey"]: each["OutputValue"] for each in json.loads(outputs)}
    return str(found["ApiUrl"])


def next_steps(asked: argparse.Namespace, url: str) -> str:
    """What is left to people."""
    stack = f"codex-swarm-{asked.stage}"
    lines = [f"{stack} answers at {url}", "", "Next:"]
    if not asked.tenant:
        lines.append(f"  codex-swarm keys create production --stack {stack} --tenant TENANT")
    if not any(each.startswith("AlarmEmail=") for each in asked.parameters):
        lines.append(f"  ./run.sh deploy {asked.stage} AlarmEmail=...        alarms tell nobody yet")
    else:
        lines.append("  say yes to the mail by which AWS asks whether alarms may be sent")
    lines.append("  docs/operations.md, docs/operations/alarms.md")
    return "\n".join(lines)


def parsed(arguments: Sequence[str], root: Path) -> argparse.Namespace:
    """What was asked for. Ends the process with what is wrong and how to mend it."""
    parser = argparse.ArgumentParser(
        prog="./run.sh deploy", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("stage", metavar="STAGE", help="such as dev or prod; the stack is codex-swarm-STAGE")
    parser.add_argument(
        "parameters", metavar="PARAMETER=VALUE", nargs="*", help="of template.yaml; others stay as they were"
    )
    parser.add_argument("--tenant", help="make a first key for this tenant")
    parser.add_argument("--yes", action="store_true", help="carry the change set out without asking")
    parser.add_argument("--no-check", action="store_true", help="leave the checks out")
    parser.add_argument("--dry-run", action="store_true", help="show the commands, and run none")
    asked = parser.parse_intermixed_args(arguments)
    if not STAGE.fullmatch(asked.stage):
        parser.error(
            f"STAGE {asked.stage!r}: a lower-case letter, then at most 19 lower-case letters, digits and hyphens"
        )
    known = PARAMETER.findall((root / "template.yaml").read_text("utf-8").partition("\nConditions:")[0])
    for each in asked.parameters:
        name, equals, _ = each.partition("=")
        if not equals or name not in known or name == "Stage":
            parser.error(f"{each!r} is no PARAMETER=VALUE of template.yaml; it has {', '.join(sorted(known))}")
    return asked


def main(arguments: Sequence[str], root: Path = ROOT) -> int | str:
    """What the process exits with."""
    asked = parsed(arguments, root)
    planned = steps(asked)
    if asked.dry_run:
        print("\n".join(f"# {step.why}\n{shlex.join(step.command)}" for step in planned))
        return 0
    try:
        given = run(planned, root)
    except Failed as failed:
        return str(failed)
    print("\n" + next_steps(asked, given[URL]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
