"""A run as an application would make it, of a small document.

It goes through the API, the state machine, the agent's and the untrusted functions, and asks no model, so it costs next
to nothing. What it leaves it deletes.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from canary.requests import Refused, request

PROJECT = "canary"
WORDS = "The canary sings."
PAUSE_SECONDS = 1.0


def make_a_run(seconds_left: Callable[[], float], *, function: str = "") -> None:
    """To its end, by the version of the API's function that `request` describes.

    Raises `Refused` where it did not succeed, `CallFailed`, and `TimeoutError` when no seconds are left.
    """
    request("PUT", f"/projects/{PROJECT}", {"name": PROJECT, "task_type": "document_processing"}, function=function)
    asked = {"source": "song.md", "target": "song.html", "files": [{"path": "song.md", "content": f"# {WORDS}\n"}]}
    run_id = request("POST", f"/projects/{PROJECT}/conversions", asked, function=function)["id"]
    path = f"/runs/{run_id}"
    while (run := request("GET", path, function=function))["status"] in {"queued", "running"}:
        if seconds_left() <= 0:
            raise TimeoutError(f"run {run_id} is {run['status']} when the time is up")
        time.sleep(PAUSE_SECONDS)
    if run["status"] != "succeeded":
        raise Refused("GET", path, 200, f"it {run['status']}: {run.get('errors')}")
    request("DELETE", path, function=function)
