"""Makes a run as an application would, and measures whether it comes to its end."""

from __future__ import annotations

import time
from urllib.error import URLError
from urllib.request import urlopen

from aws_lambda_powertools.utilities.typing import LambdaContext

from canary.requests import Refused
from canary.run import make_a_run
from swarm.aws.functions import CallFailed
from swarm.logs import log
from swarm.metrics import CANARY, CANARY_SECONDS, record
from swarm.settings import settings

RESERVE_SECONDS = 15.0
"""Left of the function's time to clear up, and to say how it went."""


@log.inject_lambda_context
def handler(event: object, context: LambdaContext) -> dict[str, object]:
    """Whether it succeeded, and how many seconds it took. It raises nothing: what is wrong is what it measures."""
    began = time.monotonic()
    problem = ""
    try:
        _gateway_answers()
        make_a_run(lambda: context.get_remaining_time_in_millis() / 1_000 - RESERVE_SECONDS)
    except (Refused, CallFailed, URLError, TimeoutError) as failure:
        problem = str(failure)
        log.error("the canary has fallen silent", reason=problem)
    seconds = time.monotonic() - began
    record({CANARY: 0 if problem else 1, CANARY_SECONDS: seconds})
    return {"succeeded": not problem, "seconds": round(seconds, 3)}


def _gateway_answers() -> None:
    """The way in from the internet. Raises `URLError`; with no address it is not tried."""
    if address := settings().api_url:
        with urlopen(f"{address}/healthz", timeout=10) as answer:  # noqa: S310  it is our own, from the template
            answer.read()
