"""Takes turns with the model for as long as this invocation may run: 30 -> 70."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from aws_lambda_powertools.utilities.typing import LambdaContext

from swarm.agent.converting import Converting
from swarm.agent.loop import work
from swarm.agent.model import Model
from swarm.agent.offline import OfflineModel
from swarm.agent.slice import Clock
from swarm.aws import clients
from swarm.ids import new_id
from swarm.lifecycle.answers import TaskState, answer, round_of, run_of
from swarm.records.backend import backend
from swarm.runs.run import Run
from swarm.settings import settings


def handler(event: object, context: LambdaContext) -> TaskState:
    """Outcome `continue`, `wait`, `tools`, `asked`, `finish` or `ended`."""
    key = run_of(event, context)
    clock = Clock(now=lambda: datetime.now(UTC), seconds_left=lambda: context.get_remaining_time_in_millis() / 1_000)
    round_ = round_of(event)
    step = work(backend(), key, model_for, clock, writer=new_id(), round_=round_)
    return answer(key, step.outcome, step.wait_seconds, step.jobs, round_=round_)


def model_for(run: Run) -> Model:
    """What works on this run: a model, or for a conversion none."""
    if run.conversion is not None:
        return Converting(run.conversion)
    if settings().offline:
        return OfflineModel(run.task_type)
    # Only this function has the provider's library, and only runs that use a provider need to load it.
    from swarm.agent.openai.provider import OpenAIModel  # noqa: PLC0415

    return OpenAIModel(api_key(), settings().openai_model, settings().openai_base_url or None)


@cache
def api_key() -> str:
    """The provider's key, read once per process."""
    return clients.secrets().get_secret_value(SecretId=settings().openai_secret_name)["SecretString"].strip()
