"""The laptop cloud as a Python object, for `services`, the demo and tests."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from moto.moto_api._internal.models import moto_api_backend

from infra.local import deployment, moto_patches, schedules, settings
from infra.local.aws import Clients
from infra.local.calls import Call
from infra.local.faults import Faults
from infra.local.front import response, routes
from infra.local.front.gateway import Gateway
from infra.local.front.server import Front
from infra.local.front.throttle import Throttle
from infra.local.identity import ACCOUNT_ID, REGION, CredentialIssuer, Credentials
from infra.local.lambdas.account import Account
from infra.local.lambdas.function import Function
from infra.local.lambdas.lifeline import Lifeline
from infra.local.lambdas.service import LambdaService
from infra.local.lambdas.specification import environment
from infra.local.measuring.alarms import ALARM
from infra.local.measuring.cloudwatch import CloudWatch
from infra.local.moto_imports import models
from infra.local.moto_patches import events, state_machines
from infra.local.moto_patches import lambdas as lambda_patches
from infra.local.moto_patches.cloudformation import RESOLVED, Resolved
from infra.local.permissions import roles
from infra.local.permissions.enforcement import Permissions
from infra.local.persistence.data import Data
from infra.local.server import AwsServer
from infra.local.supported import Ignored
from infra.local.template import Template, load
from swarm.settings import origins_of

REPOSITORY = Path(__file__).resolve().parents[2]
STACK_NAME = "codex-swarm"
SECRET_NAME = "codex-swarm/openai"  # noqa: S105  (the name of the secret, not the secret)
OTLP_SECRET_NAME = "codex-swarm/otlp-headers"  # noqa: S105  (the same)
SECRET_PREFIX = "codex-swarm"  # noqa: S105  (of names, too)
TENANT = "local"

# moto's state is one per process.
_the_one = threading.Lock()


class AlreadyRunning(Exception):
    """A process can hold one laptop cloud at a time: moto's state is global."""


@dataclass
class LocalCloud:
    """The system of `template.yaml`, running from `start` to `stop`; also a context manager.

    One at a time in a process. Without a folder for its `data` it keeps nothing. `provider_keys` are the keys of
    further providers by name, `otlp_headers` what the collector of `OtlpEndpoint` wants. `parameters` win over what
    `offline` and the keys set. `account` has Lambda's quotas, by default none that binds. `function_environment` adds
    variables to functions, by logical id. With `require_key` a request has to carry `development_key` itself.
    """

    template: Path = REPOSITORY / "template.yaml"
    port: int = 0
    offline: bool = True
    api_key: str | None = field(default=None, repr=False)
    provider_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    tool_tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    otlp_headers: str = field(default="", repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict)
    function_environment: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    require_key: bool = False
    log_folder: Path = REPOSITORY / ".local" / "logs"
    data: Path | None = None
    account: Account = field(default_factory=Account)

    url: str = field(init=False, default="")
    endpoint_url: str = field(init=False, default="")
    development_key: str = field(init=False, repr=False, default="")
    ignored: tuple[Ignored, ...] = field(init=False, default=())
    resources: Mapping[str, Resolved] = field(init=False, default_factory=dict)
    outputs: Mapping[str, str] = field(init=False, default_factory=dict)
    functions: LambdaService = field(init=False, default_factory=LambdaService)
    permissions: Permissions = field(init=False, default_factory=Permissions)
    cloudwatch: CloudWatch = field(init=False, default_factory=CloudWatch)

    def __post_init__(self) -> None:
        self._running = ExitStack()
        self._physical_ids: Mapping[str, str] = {}

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Returns when requests are answered. Raises PortTaken, UnsupportedTemplate, AlreadyRunning."""
        if not _the_one.acquire(blocking=False):
            raise AlreadyRunning("this process holds a laptop cloud already; stop it first")
        self._running.callback(_the_one.release)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End everything that was started; on return no process is left. Twice is once."""
        self._running.close()

    @property
    def table_name(self) -> str:
        """The DynamoDB table."""
        return self._physical_ids["Table"]

    @property
    def bucket_name(self) -> str:
        """The S3 bucket."""
        return self._physical_ids["Bucket"]

    @property
    def state_machine_arn(self) -> str:
        """The run's state machine."""
        return self._physical_ids["RunStateMachine"]

    def client(self, service: str) -> Any:
        """A boto3 client of the laptop cloud; what it calls is recorded with no function."""
        return self._clients.client(service)

    @property
    def operator_environment(self) -> Mapping[str, str]:
        """The environment in which tools of AWS, and of operators, reach this cloud with every permission."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self._operator.access_key,
            "AWS_SECRET_ACCESS_KEY": self._operator.secret_key,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    @contextmanager
    def recorded_calls(self) -> Iterator[list[Call]]:
        """The AWS calls made inside the block, by anyone; the list grows as they come."""
        with self._server.calls.record() as calls:
            yield calls

    def worker_pids(self) -> list[int]:
        """Every Lambda worker process that lives at this moment."""
        return [worker.pid for function in self.functions.values() for worker in function.workers()]

    @property
    def faults(self) -> Faults:
        """What goes wrong with calls of AWS, where a test wants it to."""
        return self._server.faults

    def table_seconds(self) -> float:
        """How long the table has had a call to answer, so far: it takes one at a time."""
        return self._server.table.seconds

    # ---- starting, in the order in which things depend on each other ------------------------------------------

    def _start(self) -> None:
        _be_quiet()
        front = Front(self.port)
        self._running.callback(front.close)
        data = None if self.data is None else Data(self.data)
        if data is not None:
            self._running.callback(data.close)
        moto_patches.install()
        credentials = CredentialIssuer()
        self._running.callback(moto_api_backend.reset)
        self._operator = credentials.operator
        self.permissions = Permissions()
        self._server = AwsServer(credentials, self.permissions)
        self._running.callback(self._server.close)
        self.endpoint_url = self._server.url
        self._clients = Clients(self.endpoint_url, credentials.operator, self._server.app)
        self._running.callback(self._clients.close)
        translated = self._deploy()
        found = self._routes()
        self._measure()
        if data is not None:
            data.put_back(self.resources, self._physical_ids)
            data.write_down(self._server.recording, self.resources, self._physical_ids)
        self.development_key = secrets.token_urlsafe(24) if data is None else data.folder.development_key()
        self.permissions.replace(roles.read(self.resources))
        state_machines.ask_of(self._server.app, self._machine_credentials(credentials))
        # A watcher waits anyway.
        asked = {route.function_arn for route in found if not route.waits}
        asked |= {route.authorizer.function_arn for route in found if route.authorizer}
        self._start_functions(translated, credentials, data, asked)
        self._server.behind.functions = frozenset(name for name, each in self.functions.items() if each.behind)
        self._serve(front, found)
        if data is not None:
            # First of all when it stops: what is cut short then must not look as if it had ended.
            self._running.callback(data.stop_writing)
            data.start_again(self.client("stepfunctions"), self.functions, self._physical_ids)

    def _deploy(self) -> Template:
        parameters = self._parameters()
        translated = load(self.template, parameters)
        self.ignored = translated.ignored
        if self.api_key is not None:
            self.client("secretsmanager").create_secret(Name=SECRET_NAME, SecretString=self.api_key)
        if self.otlp_headers:
            self.client("secretsmanager").create_secret(Name=OTLP_SECRET_NAME, SecretString=self.otlp_headers)
        for area, of_names in (("providers", self.provider_keys), ("hosted-tools", self.tool_tokens)):
            for name, secret in of_names.items():
                named = f"{SECRET_PREFIX}/{area}/{name}"
                self.client("secretsmanager").create_secret(Name=named, SecretString=secret)
        RESOLVED.clear()
        # Not over HTTP: what moto cannot do is told by its own exception, not by a page of a debugger.
        stack = models.cloudformation_backends[ACCOUNT_ID][REGION].create_stack(
            name=STACK_NAME, template=json.dumps(translated.document), parameters=translated.known(parameters)
        )
        if stack.status != "CREATE_COMPLETE":
            raise RuntimeError(f"the stack is {stack.status}")
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.outputs or ()}
        self._deploy_nested(translated)
        # moto lists what a condition left out as None, and gives permissions no id.
        made = [each for each in stack.stack_resources if getattr(each, "physical_resource_id", None)]
        self._physical_ids = {each.logical_resource_id: each.physical_resource_id for each in made}
        for resource in self.resources.values():
            settings.apply(resource, self._clients)
        return translated

    def _deploy_nested(self, translated: Template) -> None:
        """Stacks in the stack whose resources somebody here acts on, with the parameters that they are given."""
        for logical_id, document in translated.nested.items():
            measures = any(each["Type"] == ALARM for each in document["Resources"].values())
            if measures and logical_id in RESOLVED:
                given = {name: str(value) for name, value in RESOLVED[logical_id].properties["Parameters"].items()}
                models.cloudformation_backends[ACCOUNT_ID][REGION].create_stack(
                    name=f"{STACK_NAME}-{logical_id}", template=json.dumps(document), parameters=given
                )
        self.resources = dict(RESOLVED)

    def _parameters(self) -> dict[str, str]:
        return {
            "Stage": "local",
            "FakeSwarm": "1" if self.offline else "",
            "OpenAISecretName": SECRET_NAME if self.api_key is not None else "",
            "SecretPrefix": SECRET_PREFIX if self.provider_keys or self.tool_tokens else "",
            "OtlpHeadersSecretName": OTLP_SECRET_NAME if self.otlp_headers else "",
            # Runs that nobody asked for would be in the way of somebody's own.
            "CanaryMinutes": "0",
            **self.parameters,
        }

    def _measure(self) -> None:
        self.cloudwatch = CloudWatch()
        self.cloudwatch.deployed(self.resources, self._physical_ids, self.client("sqs"))
        self._server.faults.told = self.cloudwatch.refused
        events.listen(self.cloudwatch.execution)
        self._running.callback(events.listen, None)

    def _routes(self) -> list[routes.Route]:
        documents = [
            each.properties["Body"] for each in self.resources.values() if each.type == "AWS::ApiGatewayV2::Api"
        ]
        return [route for document in documents for route in routes.read(document)]

    def _start_functions(
        self, translated: Template, credentials: CredentialIssuer, data: Data | None, asked: set[str]
    ) -> None:
        """Those that are `asked` by the front, where somebody waits, go before the others."""
        self.log_folder.mkdir(parents=True, exist_ok=True)
        lifeline = Lifeline()
        self._running.callback(lifeline.close)
        self.functions = LambdaService(None if data is None else data.store, self._keep_dead_letter)
        self._running.callback(self.functions.stop)
        for specification in deployment.specifications(self.resources, translated.folders, self.function_environment):
            own = credentials.issue(specification.logical_id, specification.role)
            variables = environment(specification, own, self.endpoint_url)
            log = self.log_folder / f"{specification.logical_id}.log"
            behind = specification.arn not in {":".join(arn.split(":")[:7]) for arn in asked}
            function = Function(specification, variables, log, lifeline, self._crowded, self.account, behind=behind)
            function.watcher = self.cloudwatch
            self.functions.add(function)
        # What runs other people's work could write any line, and measures nothing.
        trusted = [each for each in self.functions.values() if not each.specification.per_tenant]
        self.cloudwatch.reads([each.log_path for each in trusted])
        lambda_patches.run_with(self.functions)
        self._running.callback(lambda_patches.run_with, None)
        self._running.callback(state_machines.stop_everything)
        scheduler = schedules.Scheduler(schedules.read(self.resources.values()), self.functions)
        self._running.callback(scheduler.stop)

    def _machine_credentials(self, credentials: CredentialIssuer) -> dict[str, Credentials]:
        """What each state machine signs with, by the ARN of its role."""
        machines = [each for each in self.resources.values() if each.type == "AWS::StepFunctions::StateMachine"]
        return {
            arn: credentials.issue(machine.logical_id, roles.role_name(arn), is_function=False)
            for machine in machines
            if (arn := machine.properties["RoleArn"])
        }

    def _keep_dead_letter(self, queue_arn: str, letter: str) -> None:
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=queue_arn.rpartition(":")[2])["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=letter)

    def _crowded(self) -> bool:
        """Whether what functions share is taken, the processors or the table: one more would only wait for it."""
        processors = os.cpu_count() or 1
        return self._server.table.calls > processors or running() > processors

    def _serve(self, front: Front, found: list[routes.Route]) -> None:
        self._store_key(self.development_key)
        [stage] = [each for each in self.resources.values() if each.type == "AWS::ApiGatewayV2::Stage"]
        key = None if self.require_key else self.development_key
        origins = origins_of(self.parameters.get("CorsOrigins", ""))
        gateway = Gateway(found, self.functions, key, Throttle(stage.properties), self.cloudwatch.answered)
        front.start(gateway, {"/metrics": lambda: response.plain(self.cloudwatch.exposition())}, origins)
        self.url = front.url

    def _store_key(self, key: str) -> None:
        # As swarm.records.api_keys reads it: only the hash is stored.
        digest = hashlib.sha256(key.encode()).hexdigest()
        place = {"PK": {"S": f"KEY#{digest}"}, "SK": {"S": "META"}}
        # Who owns the machine may do everything, for every tenant.
        owner = {"tenant_id": {"S": TENANT}, "name": {"S": "laptop"}, "scopes": {"SS": ["admin", "import", "operator"]}}
        dynamodb = self.client("dynamodb")
        found = dynamodb.get_item(TableName=self.table_name, Key=place).get("Item", {})
        # A folder on a full disk can be read all the same.
        if any(found.get(name) != value for name, value in owner.items()):
            dynamodb.put_item(TableName=self.table_name, Item={**found, **place, **owner})


def _be_quiet() -> None:
    """Libraries log to whoever listens; nobody does, and then Python prints warnings to stderr."""
    for name in ("moto", "werkzeug", "botocore", "urllib3", "samtranslator"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def running() -> int:
    """How much wants to run at this moment, as Linux tells; 0 where the system does not."""
    try:
        return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[0])
    except OSError:
        return 0
