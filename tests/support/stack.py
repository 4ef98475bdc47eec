"""The functions over moto in this process: the template's own table, a bucket, and a state machine driven by hand."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse

from api.app import handler
from infra.local import moto_patches
from swarm import sizes
from swarm.aws import clients
from swarm.records.backend import Backend, backend
from swarm.settings import settings
from tests.support.driving import beginning, walk
from tests.support.lambda_context import lambda_context
from tests.support.paths import ROOT

MACHINE = {"StartAt": "Wait", "States": {"Wait": {"Type": "Succeed"}}}
CACHED = (settings, backend)

# What moto works out anew for each call makes a tenth of a test.
moto_patches.install(("actions_listed", "attributes_sent"))


@dataclass
class Answer:
    """The answer to one request."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Stack:
    """The deployed functions."""

    calls: list[str] = field(default_factory=list)

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        tenant: str | None = "tenant-a",
        authorizer: Mapping[str, str] | None = None,
        context: LambdaContext | None = None,
    ) -> Answer:
        """Send a request as API Gateway would hand it over; `path` is decoded already, as `rawPath` is.

        `authorizer` is what the authorizer said, when it said more than the tenant.
        """
        event = _event(method, path, body, raw, headers or {}, tenant)
        if authorizer is not None:
            event["requestContext"]["authorizer"] = {"lambda": dict(authorizer)}
        answer = handler(event, context or lambda_context())
        assert sizes.of_text(sizes.json_text(answer)) <= sizes.ANSWER, "Lambda lets no such answer through"
        content: str = answer["body"]
        data = base64.b64decode(content) if answer.get("isBase64Encoded") else content.encode()
        given = {**answer.get("headers", {})}
        given |= {name: values[0] for name, values in answer.get("multiValueHeaders", {}).items()}
        return Answer(answer["statusCode"], {name.lower(): value for name, value in given.items()}, data)

    def project(self, project_id: str = "p1", *, task_type: str = "code", tenant: str = "tenant-a") -> str:
        body = {"id": project_id, "name": project_id, "task_type": task_type}
        assert self.request("PUT", f"/projects/{project_id}", body, tenant=tenant).status == 201
        return project_id

    def start(self, instructions: str, project_id: str = "p1", *, tenant: str = "tenant-a", **more: object) -> str:
        body = {"project_id": project_id, "name": "a run", "instructions": instructions, **more}
        answer = self.request("POST", f"/projects/{project_id}/runs", body, tenant=tenant)
        assert answer.status == 201, answer.text
        return str(answer.json["id"])

    def finish(self, instructions: str, project_id: str = "p1", *, tenant: str = "tenant-a", **more: object) -> str:
        """Start a run and drive it to its end."""
        self.project(project_id, tenant=tenant)
        run_id = self.start(instructions, project_id, tenant=tenant, **more)
        self.drive(run_id, project_id, tenant=tenant)
        return run_id

    def run(self, run_id: str, *, tenant: str = "tenant-a") -> Any:
        return self.request("GET", f"/runs/{run_id}", tenant=tenant).json

    def drive(self, run_id: str, project_id: str = "p1", *, tenant: str = "tenant-a") -> list[str]:
        """Do every task of the run; the outcomes, in order."""
        return [state["outcome"] for state in walk(beginning(run_id, project_id, tenant))]

    @property
    def backend(self) -> Backend:
        return backend()

    @contextmanager
    def recorded(self) -> Iterator[list[str]]:
        """The AWS calls made meanwhile, as `service.Operation`."""
        self.calls.clear()
        yield self.calls


def _event(
    method: str, path: str, body: object, raw: bytes | None, headers: Mapping[str, str], tenant: str | None
) -> dict[str, Any]:
    path, _, query = path.partition("?")
    data = json.dumps(body).encode() if raw is None and body is not None else raw
    authorizer = {"lambda": {"tenant_id": tenant}} if tenant else {}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "ANY /{proxy+}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "api.test", **headers},
        "queryStringParameters": dict(parse_qsl(query, keep_blank_values=True)) or None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "authorizer": authorizer,
            "domainName": "api.test",
            "http": {"method": method, "path": quote(path), "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
            "requestId": "request",
            "routeKey": "ANY /{proxy+}",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": int(time.time() * 1_000),
        },
        "isBase64Encoded": False,
    }
    if data is not None:
        event["body"] = base64.b64encode(data).decode()
        event["isBase64Encoded"] = True
    return event


@cache
def declared(logical_id: str) -> dict[str, Any]:
    """The properties of a resource as `template.yaml` declares them."""
    return dict(yaml_parse((ROOT / "template.yaml").read_text())["Resources"][logical_id]["Properties"])


def template_table() -> dict[str, Any]:
    """The table as `template.yaml` declares it, for `create_table`."""
    wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    return {name: declared("Table")[name] for name in wanted}


@contextmanager
def stack(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Iterator[Stack]:
    """A fresh deployment; `environment` goes over the offline defaults."""
    defaults = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "TABLE_NAME": "table",
        "BUCKET_NAME": "bucket",
        "CROSS_RUN_FAKE_SWARM": "1",
        "POWERTOOLS_DEV": "0",
        "POWERTOOLS_SERVICE_NAME": "codex-swarm",
    }
    # Tests play the state machine themselves, whatever a laptop cloud of before has set moto up for.
    with mock_aws(config={"stepfunctions": {"execute_state_machine": False}}):
        for name, value in {**defaults, **environment}.items():
            monkeypatch.setenv(name, value)
        clients.dynamodb().create_table(TableName="table", **template_table())
        clients.s3().create_bucket(Bucket="bucket")
        machine = clients.states().create_state_machine(
            name="runs", definition=json.dumps(MACHINE), roleArn="arn:aws:iam::123456789012:role/runs"
        )
        monkeypatch.setenv("STATE_MACHINE_ARN", machine["stateMachineArn"])
        _forget()
        deployed = Stack()
        # The clients outlive the test, as they do in a warm function: making one costs more than most tests.
        for client in (clients.dynamodb(), clients.s3(), clients.states()):
            client.meta.events.register(
                "before-call", lambda model, **_: deployed.calls.append(_name(model)), unique_id="recorder"
            )
        yield deployed
        for client in (clients.dynamodb(), clients.s3(), clients.states()):
            client.meta.events.unregister("before-call", unique_id="recorder")
    _forget()


def reconfigured(monkeypatch: pytest.MonkeyPatch, **environment: str) -> None:
    """What stands is deployed anew with these settings; everything stored stays."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    _forget()


def _name(model: Any) -> str:
    return f"{model.service_model.service_name}.{model.name}"


def _forget() -> None:
    for cached in CACHED:
        cached.cache_clear()
