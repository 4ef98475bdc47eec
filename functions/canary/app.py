"""Makes a run as an application would, and measures whether it comes to its end.

The run converts a small document: it goes through the API, the state machine, the agent's and the untrusted functions,
and asks no model, so it costs next to nothing. What it leaves it deletes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.error import URLError
from urllib.request import urlopen

from aws_lambda_powertools.utilities.typing import LambdaContext

from canary.requests import Refused, request
from swarm.aws.functions import CallFailed
from swarm.logs import log
from swarm.metrics import CANARY, CANARY_SECONDS, record
from swarm.settings import settings

PROJECT = "canary"
WORDS = "The canary sings."
PAUSE_SECONDS = 1.0
RESERVE_SECONDS = 15.0
"""Left of the function's time to clear up, and to say how it went."""


@log.inject_lambda_context
def handler(event: object, context: LambdaContext) -> dict[str, object]:
    """Whether it succeeded, and how many seconds it took. It raises nothing: what is wrong is what it measures."""
    began = time.monotonic()
    problem = ""
    try:
        _gateway_answers()
        _make_a_run(lambda: context.get_remaining_time_in_millis() / 1_000 - RESERVE_SECONDS)
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


def _make_a_run(seconds_left: Callable[[], float]) -> None:
    """Raises `Refused`, `CallFailed` and `TimeoutError`."""
    request("PUT", f"/projects/{PROJECT}", {"name": PROJECT, "task_type": "document_processing"})
    asked = {"source": "song.md", "target": "song.html", "files": [{"path": "song.md", "content": f"# {WORDS}\n"}]}
    run_id = request("POST", f"/projects/{PROJECT}/conversions", asked)["id"]
    while (run := request("GET", f"/runs/{run_id}"))["status"] in {"queued", "running"}:
        if seconds_left() <= 0:
            raise TimeoutError(f"run {run_id} is {run['status']} when the time is up")
        time.sleep(PAUSE_SECONDS)
    if run["status"] != "succeeded":
        raise Refused("GET", f"/runs/{run_id}", 200, f"it {run['status']}: {run.get('errors')}")
    request("DELETE", f"/runs/{run_id}")
