"""So many requests by one of two frameworks, as often as a line is read: processor seconds of each are said.

`powertools` is the API's own resolver, `fastapi` what others would take. Both read the same event of API Gateway, check
its body by the same model, and answer another. The second runs in an environment of its own, which has Mangum.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from codex_swarm.models import ProjectPut, ProjectRead

SAMPLE = Path(__file__).parents[2] / "events" / "api-put-project.json"
EACH = 200


def answered(project_id: str, body: ProjectPut) -> ProjectRead:
    """What both answer."""
    return ProjectRead(id=project_id, name=body.name or project_id, created_at=datetime(2026, 1, 1, tzinfo=UTC))


def powertools() -> Callable[[Any, Any], Any]:
    """The API's resolver, with one route of its own."""
    from api.requests import normalised  # noqa: PLC0415  the other environment has none of this
    from api.resolver import ApiResolver  # noqa: PLC0415

    app = ApiResolver()

    @app.put("/projects/<project_id>", status_code=201)
    def put(project_id: str, body: ProjectPut) -> ProjectRead:
        return answered(project_id, body)

    return lambda event, context: app.resolve(normalised(event), context)


def fastapi() -> Callable[[Any, Any], Any]:
    """The same route by FastAPI, behind Mangum."""
    application: Any = importlib.import_module("fastapi").FastAPI()
    application.put("/projects/{project_id}", status_code=201)(answered)
    handler: Callable[[Any, Any], Any] = importlib.import_module("mangum").Mangum(application, lifespan="off")
    return handler


def main(name: str) -> None:
    handler = {"powertools": powertools, "fastapi": fastapi}[name]()
    event = json.loads(SAMPLE.read_bytes())
    for _ in sys.stdin:
        began = time.process_time()
        answers = [handler(dict(event), None) for _ in range(EACH)]
        spent = time.process_time() - began
        assert {answer["statusCode"] for answer in answers} == {201}, answers[0]
        print(spent / EACH, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
