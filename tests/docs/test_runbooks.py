"""Runbooks are read at night: what they say to type exists, with its options, and their scripts do what they say."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import botocore.session
import jmespath  # type: ignore[import-untyped]
import pytest
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from moto import mock_aws
from typer.main import get_command

from codex_swarm.cli.app import app
from infra.local.cloud import REPOSITORY
from infra.local.template import load

PAGES = {page.name: page.read_text() for page in sorted((REPOSITORY / "docs" / "operations").glob("*.md"))}
RECOVERY = PAGES["recovery.md"]
OF_THE_CLI = {"query", "output", "max-items", "cli-binary-format"}
"""Options that the AWS CLI has for every operation, as far as runbooks use them."""
NOT_OPERATIONS = {
    ("logs", "tail"): {"since", "filter-pattern", "follow"},
    ("s3", "rb"): set[str](),
}
"""Commands of the AWS CLI that are no operations of AWS, and their options as far as runbooks use them."""
ENDS = re.compile(r"[|;&()<>]+")


def code_of(text: str) -> Iterator[str]:
    """Each block and each span of code that a shell is to read."""
    yield from re.findall(r"^ *```(?:ba)?sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL))


def typed(program: str) -> Iterator[Any]:
    """Each command of this program in the pages, as words."""
    for name, text in PAGES.items():
        for code in code_of(text):
            if program not in code:
                continue
            lexer = shlex.shlex(code, posix=True, punctuation_chars="|;&()<>\n")
            lexer.whitespace_split, lexer.commenters, lexer.whitespace = True, "", " \t"
            words: list[str] = []
            for word in [*lexer, ";"]:
                if not ENDS.fullmatch(word.strip() or ";"):
                    words.append(word)
                    continue
                if program in words:
                    found = words[words.index(program) + 1 :]
                    if found and not found[0].startswith("-"):
                        yield pytest.param(found, id=f"{name}: {' '.join(found)[:60]}")
                words = []


def options(words: list[str]) -> set[str]:
    return {word.removeprefix("--").split("=")[0] for word in words if word.startswith("--")}


OF_AWS, OURS = list(typed("aws")), list(typed("codex-swarm"))


def test_the_runbooks_have_commands() -> None:
    assert len(OF_AWS) > 25
    assert len(OURS) > 10


@pytest.mark.parametrize("words", OF_AWS)
def test_a_command_of_aws_exists_and_has_what_it_is_given(words: list[str]) -> None:
    service, operation, *rest = words
    given = options(rest)
    if (service, operation) in NOT_OPERATIONS:
        assert given <= NOT_OPERATIONS[service, operation]
        return
    session = botocore.session.get_session()
    try:
        model = session.get_service_model("s3" if service == "s3api" else service)
    except UnknownServiceError as unknown:
        raise AssertionError(words) from unknown
    if operation == "wait":
        waiters = session.get_waiter_model(model.service_name)
        [name] = [each for each in waiters.waiter_names if xform_name(each, "-") == rest[0]]
        operation = xform_name(waiters.get_waiter(name).operation, "-")
    [shape] = [
        model.operation_model(each).input_shape for each in model.operation_names if xform_name(each, "-") == operation
    ]
    takes = {xform_name(member, "-") for member in shape.members} if shape else set()
    needs = {xform_name(member, "-") for member in shape.required_members} if shape else set()
    assert given - OF_THE_CLI <= takes
    assert needs <= given


@pytest.mark.parametrize("words", OURS)
def test_a_command_of_ours_exists_and_has_what_it_is_given(words: list[str]) -> None:
    command: Any = get_command(app)
    rest = list(words)
    while rest and (below := getattr(command, "commands", {}).get(rest[0])):
        command = below
        rest.pop(0)
    assert not hasattr(command, "commands") or command.invoke_without_command, f"{words} stops at a group"
    takes = {name.removeprefix("--") for each in command.params for name in (*each.opts, *each.secondary_opts)}
    assert options(rest) <= takes


def test_what_is_asked_of_the_stack_is_in_the_template() -> None:
    template = load(REPOSITORY / "template.yaml", {}).document
    asked = {name for text in PAGES.values() for name in re.findall(r"(?:physical|call) \"?([A-Z]\w+)", text)}
    outputs = {name for text in PAGES.values() for name in re.findall(r"\$\(output (\w+)\)", text)}
    assert asked >= {"ReconcileFunction"}
    assert asked <= set(template["Resources"])
    assert outputs <= set(template["Outputs"])


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


def test_the_items_of_a_restored_table_come_over_those_that_are_there(
    aws: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = boto3.resource("dynamodb")
    tables = [
        database.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("PK", "SK")],
            BillingMode="PAY_PER_REQUEST",
        )
        for name in ("t", "t-restored")
    ]
    there, restored = tables
    for table, key, value in ((restored, "a", "was"), (restored, "b", "was"), (there, "a", "is"), (there, "c", "is")):
        table.put_item(Item={"PK": key, "SK": "1", "value": value})
    [script] = re.findall(r"```python\n(.*?)```", RECOVERY, re.DOTALL)
    monkeypatch.setenv("TABLE", "t")
    exec(compile("\n".join(line.removeprefix("   ") for line in script.splitlines()), "recovery.md", "exec"), {})  # noqa: S102
    found = {str(item["PK"]): item["value"] for item in there.scan()["Items"]}
    assert found == {"a": "was", "b": "was", "c": "is"}
    assert capsys.readouterr().out == "c 1\n"


def test_objects_that_were_deleted_since_a_moment_are_found_and_all_versions_to_empty_a_bucket(aws: None) -> None:
    store = boto3.client("s3")
    store.create_bucket(Bucket="files")
    store.put_bucket_versioning(Bucket="files", VersioningConfiguration={"Status": "Enabled"})
    for key in ("kept", "deleted"):
        store.put_object(Bucket="files", Key=key, Body=b"x")
    store.delete_object(Bucket="files", Key="deleted")
    # As the AWS CLI has it: times are text there.
    listed = json.loads(json.dumps(store.list_object_versions(Bucket="files"), default=lambda time: time.isoformat()))
    [deleted] = re.findall(r'--query "(\(DeleteMarkers.*?)"', RECOVERY)
    [whole] = re.findall(r"--query '(\{Quiet.*?)'", RECOVERY)
    deleted = deleted.replace(r"\`", "`")
    hour = timedelta(hours=1)
    before, after = (f"{datetime.now(UTC) + offset:%Y-%m-%dT%H:%M:%S}" for offset in (-hour, hour))
    [[key, version]] = jmespath.search(deleted.replace("$MOMENT", before), listed)
    assert jmespath.search(deleted.replace("$MOMENT", after), listed) == []
    store.delete_object(Bucket="files", Key=key, VersionId=version)
    assert store.get_object(Bucket="files", Key="deleted")["Body"].read() == b"x"
    store.delete_objects(Bucket="files", Delete=jmespath.search(whole, listed))
    emptied = store.list_object_versions(Bucket="files")
    assert emptied.get("Versions", []) == emptied.get("DeleteMarkers", []) == []
