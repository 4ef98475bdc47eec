"""Takes turns with the model for as long as this invocation may run: 30 -> 70."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.typing import LambdaContext

from swarm.agent.context import COMPACTED, DEFAULT_CONTEXT
from swarm.agent.converting import Converting
from swarm.agent.loop import work
from swarm.agent.model import Model
from swarm.agent.offline import OfflineModel
from swarm.agent.slice import Clock
from swarm.agent.spans import NO_SPANS, Spans
from swarm.aws import clients
from swarm.errors import ModelFailure
from swarm.ids import new_id
from swarm.lifecycle.answers import TaskState, answer, round_of, run_of
from swarm.logs import log
from swarm.records.backend import backend
from swarm.runs.catalogue import Choice
from swarm.runs.error_types import ErrorType
from swarm.runs.run import Run
from swarm.settings import settings, trace_header

if TYPE_CHECKING:
    from swarm.agent.telemetry import OtlpSpans

NO_KEY = "no-key-is-wanted"
"""What is sent in the place of a key to a provider that wants none."""


def handler(event: object, context: LambdaContext) -> TaskState:
    """Outcome `continue`, `wait`, `tools`, `asked`, `finish` or `ended`."""
    key = run_of(event, context)
    clock = Clock(now=lambda: datetime.now(UTC), seconds_left=lambda: context.get_remaining_time_in_millis() / 1_000)
    round_ = round_of(event)
    spans = traced()
    try:
        step = work(backend(), key, model_for, clock, writer=new_id(), round_=round_, spans=spans)
    finally:
        spans.flush()
    return answer(key, step.outcome, step.wait_seconds, step.jobs, round_=round_)


def traced() -> Spans:
    """Where this invocation tells of its work: nobody, unless the operator names a collector."""
    if not settings().otlp_endpoint:
        return NO_SPANS
    try:
        return _spans(trace_header())
    except (ImportError, ValueError, clients.ClientError, clients.BotoCoreError) as error:
        # A collector is no matter of the run.
        log.warning("spans were not taken", error=f"telemetry could not begin: {type(error).__name__}")
        return NO_SPANS


def _spans(header: str) -> Spans:
    spans = _otlp()
    spans.header = header
    return spans


@cache
def _otlp() -> OtlpSpans:
    # Only here, so that nothing of it is loaded, nor is there, where nobody asked for it.
    from swarm.agent.telemetry import OtlpSpans  # noqa: PLC0415

    secret = settings().otlp_headers_secret
    text = clients.secrets().get_secret_value(SecretId=secret)["SecretString"] if secret else ""
    return OtlpSpans(settings().otlp_endpoint, text, settings().stage)


def model_for(run: Run) -> Model:
    """What works on this run: for a conversion no model; else its own, or the default where the list has changed."""
    if run.conversion is not None:
        return Converting(run.conversion)
    if settings().offline:
        return OfflineModel(run.task_type, hosted=backend().models.hosted_for(run.model, run.hosted_tools))
    # Only this function has the provider's library, and only runs that use a provider need to load it.
    from swarm.agent.openai.api import Offer  # noqa: PLC0415
    from swarm.agent.openai.provider import Endpoint, OpenAIModel  # noqa: PLC0415

    catalogue = backend().models
    choice = catalogue.still(Choice(run.model, run.effort), run.task_type)
    entry, provider = catalogue.entry(choice.model), catalogue.provider_of(choice.model)
    key = api_key(_secret_of(run, entry.provider)) if provider.api_key else NO_KEY
    endpoint = Endpoint(
        key,
        entry.served_as or choice.model,
        provider.base_url or None,
        provider.api,
        choice.effort,
        int(COMPACTED * (entry.context or DEFAULT_CONTEXT)) if entry.compaction else None,
        entry.apply_patch,
        tuple(
            Offer(name, tool, token(settings().secret_of_tool(name)) if tool.needs_token else None)
            for name, tool in catalogue.hosted_for(choice.model, run.hosted_tools).items()
        ),
    )
    return OpenAIModel(choice.model, endpoint)


def _secret_of(run: Run, provider: str) -> str:
    """The name of the secret with the key that this run's tenant is asked with: its own, where it has one."""
    tenant_id = run.key.tenant_id
    if settings().secret_prefix and provider in backend().tenants.get(tenant_id).own_keys:
        return settings().secret_of_tenant(tenant_id, provider)
    return settings().secret_of(provider)


@cache
def api_key(secret: str) -> str:
    """The key in a secret, read once per process. Raises `ModelFailure` where there is none."""
    return _read(secret, "the provider's key")


@cache
def token(secret: str) -> str:
    """The token of a remote server in a secret, read once per process. Raises `ModelFailure` where there is none."""
    return _read(secret, "the server's token")


def _read(secret: str, what: str) -> str:
    try:
        return clients.secrets().get_secret_value(SecretId=secret)["SecretString"].strip()
    except clients.secrets().exceptions.ResourceNotFoundException:
        raise ModelFailure(
            ErrorType.AUTHENTICATION,
            f"{what} is missing: there is no secret {secret}",
            f"Ask the operator to put {what} into this secret.",
        ) from None
