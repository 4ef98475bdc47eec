"""Which scene needs which permission, as docs/permissions.md lists it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from infra.local.cloud import LocalCloud
from infra.local.permissions.policy import Grant
from tests.grants.options import KEY_ARN, SERVICES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"
BEGIN, END = "<!-- table: ./run.sh grants writes it -->\n", "<!-- end of the table -->\n"
HEAD = ("| role | action | on | who notices that it is gone |", "|---|---|---|---|")
Row = tuple[str, str, str]
# What AWS itself does with a role, which nothing on a laptop does.
PLATFORM = {
    "logs": "Lambda and Step Functions write logs with the role",
    "xray": "Lambda and Step Functions write traces with the role",
    "sqs": "Lambda puts asynchronous calls that it gives up into their queue with the role",
    "codedeploy": "there is no CodeDeploy on a laptop",
    "ec2": "Lambda attaches the function to its network with the role",
}


def is_the_platforms(grant: Grant) -> bool:
    """Whether AWS itself makes use of it, and nothing here could notice that it is gone."""
    return grant.action.partition(":")[0] in PLATFORM


def is_optional(grant: Grant) -> bool:
    """Whether a parameter brings it, so that `tests.grants.options` is about it."""
    return grant.action.partition(":")[0] in SERVICES


def named(cloud: LocalCloud, grant: Grant) -> Grant:
    """The grant by the template's own names, which are the same for every deployment."""
    resources = {key: each for key, each in cloud.resources.items() if each.type != "AWS::Lambda::Alias"}
    names = {each.name: logical_id for logical_id, each in resources.items()} | {
        cloud.bucket_name: "Bucket",
        cloud.table_name: "Table",
    }
    role, resource = names[grant.role].removesuffix("Role"), grant.resource.rpartition(":")[2]
    if ":function:" in grant.resource:
        # With the version or the alias, where it is only for that.
        resource = grant.resource.partition(":function:")[2]
    if ":execution:" in grant.resource:
        resource = "execution/" + ":".join(grant.resource.split(":")[6:])
    if grant.resource == KEY_ARN:
        resource = "OpenAISecretKeyArn"
    if grant.resource == cloud.outputs.get("EdgeSecretArn"):
        resource = "EdgeSecret"
    for name in sorted(names, key=len, reverse=True):
        resource = resource.replace(name, names[name])
    return Grant(role, grant.sid, grant.action, resource.removeprefix("table/"))


def rows(needed: Mapping[Grant, Iterable[str]]) -> dict[Row, str]:
    """The lines of the table, by what each is about."""
    by_line: dict[Row, set[str]] = defaultdict(set)
    for grant, scenes in needed.items():
        by_line[grant.role, grant.action, grant.resource] |= set(scenes)
    lines = {}
    for (role, action, resource), scenes in by_line.items():
        first, *others = sorted(scenes)
        more = f", and {len(others)} more" if others else ""
        words = first.replace("_", " ")
        lines[role, action, resource] = f"| {role} | `{action}` | `{resource}` | {words}{more} |"
    return lines


def written() -> dict[Row, str]:
    """The lines that the page has, by what each is about."""
    lines = PAGE.read_text().partition(BEGIN)[2].partition(END)[0].splitlines()[len(HEAD) :]
    return {(cells[0], cells[1], cells[2]): line for line in lines for cells in [_cells(line)]}


def write(lines: Mapping[Row, str]) -> None:
    """Put the table into the page, in the order of roles."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    table = "".join(f"{line}\n" for line in (*HEAD, *(lines[row] for row in sorted(lines))))
    PAGE.write_text(before + BEGIN + table + END + rest.partition(END)[2])


def _cells(line: str) -> list[str]:
    return [cell.strip(" `") for cell in line.split("|")[1:4]]
