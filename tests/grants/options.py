"""Scenes of permissions that parameters bring: secrets of providers, tools, tenants, a collector and CloudFront.

They play on a cloud of their own, whose runs ask a provider. What a process has read of a secret it keeps, so each
scene begins with processes that have read none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from moto.kms.models import kms_backends

from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import RunStatus
from infra.local.cloud import TENANT, LocalCloud
from infra.local.identity import ACCOUNT_ID, REGION
from tests.agent.collector import Collector
from tests.grants import scenes
from tests.grants.scenes import PROJECT, Stage
from tests.local.clouds import eventually
from tests.provider.script import finishes
from tests.provider.server import ScriptedProvider

SERVICES = ("secretsmanager", "kms")
"""What the permissions are of that these scenes are about, and no other."""

# Named as the parameters are, so that the page says which parameter brings what.
PREFIX, PROVIDER_SECRET, COLLECTOR_SECRET = "SecretPrefix", "OpenAISecretName", "OtlpHeadersSecretName"
KEY_ID = "12345678-1234-1234-1234-123456789012"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/{KEY_ID}"


@dataclass
class OptionStage(Stage):
    """A stage whose cloud has a provider and a collector."""

    provider: ScriptedProvider
    collector: Collector

    def answered(self, **more: Any) -> RunStatus:
        """How a run ends that a process works on which has read no secret yet."""
        self.cloud.functions["AgentFunction"].kill_workers()
        run = self.client.start_run(PROJECT, "Answer.", **more)
        return self.client.wait(run.run_id, timeout=scenes.SECONDS, poll=0.1).status


class _PastTheEdge(httpx.HTTPTransport):
    """Shows what CloudFront shows."""

    shown = ""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["x-origin-verify"] = self.shown
        return super().handle_request(request)


@contextmanager
def option_stage(folder: Path) -> Iterator[OptionStage]:
    """The cloud, with everything in Secrets Manager that its parameters name."""
    transport = _PastTheEdge()
    with (
        ScriptedProvider(lambda _: finishes("Done.")) as provider,
        Collector() as collector,
        LocalCloud(offline=False, parameters=_parameters(provider, collector), log_folder=folder / "logs") as cloud,
        CodexSwarmClient(cloud.url, transport=transport) as client,
    ):
        _keep_secrets(cloud, provider.api_key)
        transport.shown = _of_the_edge(cloud)
        client.put_project(PROJECT)
        yield OptionStage(cloud, client, folder, provider, collector)


def _parameters(provider: ScriptedProvider, collector: Collector) -> dict[str, str]:
    return {
        "OpenAIBaseUrl": provider.base_url,
        "OpenAIModel": "own",
        "OpenAISecretName": PROVIDER_SECRET,
        "OpenAISecretKeyArn": KEY_ARN,
        "SecretPrefix": PREFIX,
        "Models": json.dumps({"own": {}, "other": {"provider": "other"}}),
        "Providers": json.dumps({"other": {"base_url": provider.base_url}}),
        "HostedTools": json.dumps({"tickets": {"server_url": "https://tickets.example/mcp"}}),
        "OtlpEndpoint": collector.url,
        "OtlpHeadersSecretName": COLLECTOR_SECRET,
        # Brings nothing that could be noticed here, and has to be in nothing's way.
        "VpcSubnetIds": "subnet-1,subnet-2",
        "VpcSecurityGroupIds": "sg-1",
        "Edge": "1",
        "EdgeOnly": "1",
    }


def _keep_secrets(cloud: LocalCloud, api_key: str) -> None:
    keys: Any = kms_backends[ACCOUNT_ID][REGION]
    key = keys.keys.pop(cloud.client("kms").create_key()["KeyMetadata"]["KeyId"])
    # The template names it before it can be made.
    key.id, key.arn = KEY_ID, KEY_ARN
    keys.keys[KEY_ID] = key
    create: Callable[..., Any] = cloud.client("secretsmanager").create_secret
    create(Name=PROVIDER_SECRET, SecretString=api_key, KmsKeyId=KEY_ID)
    create(Name=COLLECTOR_SECRET, SecretString="authorization=tok-1")
    create(Name=f"{PREFIX}/providers/other", SecretString=api_key)
    create(Name=f"{PREFIX}/tenants/{TENANT}/openai", SecretString=api_key)
    create(Name=f"{PREFIX}/hosted-tools/tickets", SecretString="tok-2")


def _of_the_edge(cloud: LocalCloud) -> str:
    secret = cloud.client("secretsmanager").get_secret_value(SecretId=cloud.outputs["EdgeSecretArn"])
    return str(secret["SecretString"])


def a_provider_is_asked_with_its_key_and_a_collector_with_its_header(stage: OptionStage) -> None:
    told = len(stage.collector.headers)
    assert stage.answered() is RunStatus.SUCCEEDED
    eventually(lambda: len(stage.collector.headers) > told, scenes.SECONDS)
    assert stage.collector.headers[-1]["authorization"] == "tok-1"


def another_provider_is_asked_with_a_key_of_its_own(stage: OptionStage) -> None:
    assert stage.answered(model="other") is RunStatus.SUCCEEDED


def a_server_of_tools_is_sent_its_token(stage: OptionStage) -> None:
    assert stage.answered(hosted_tools=["tickets"]) is RunStatus.SUCCEEDED


def a_tenant_is_asked_for_with_its_own_key(stage: OptionStage) -> None:
    stage.client.set_tenant(TENANT, {"own_keys": ["openai"]})
    try:
        assert stage.answered() is RunStatus.SUCCEEDED
    finally:
        stage.client.set_tenant(TENANT, {"own_keys": None})


def a_tenants_own_key_is_erased_with_it(stage: OptionStage) -> None:
    secrets = stage.cloud.client("secretsmanager")
    secrets.create_secret(Name=f"{PREFIX}/tenants/passing/openai", SecretString="sk-own")
    try:
        stage.client.set_tenant("passing", {"own_keys": ["openai"]})
        receipt = {each.store: each.deleted for each in stage.client.erase_tenant("passing").stores}
        assert receipt["secrets"] == 1
    finally:
        secrets.delete_secret(SecretId=f"{PREFIX}/tenants/passing/openai", ForceDeleteWithoutRecovery=True)


def cloudfront_alone_is_let_in(stage: OptionStage) -> None:
    stage.cloud.functions["AuthorizerFunction"].kill_workers()
    assert httpx.get(f"{stage.cloud.url}/projects", timeout=scenes.SECONDS).status_code == 403
    assert PROJECT in {project.id for project in stage.client.list_projects()}


OPTION_SCENES: tuple[Callable[[OptionStage], None], ...] = (
    cloudfront_alone_is_let_in,
    a_provider_is_asked_with_its_key_and_a_collector_with_its_header,
    another_provider_is_asked_with_a_key_of_its_own,
    a_server_of_tools_is_sent_its_token,
    a_tenant_is_asked_for_with_its_own_key,
    a_tenants_own_key_is_erased_with_it,
)
