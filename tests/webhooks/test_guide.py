"""What docs/webhooks.md says is so."""

from __future__ import annotations

import json
import re
from typing import Any

from codex_swarm.models import WebhookPayload
from swarm.records.deliveries import BACKOFF_SECONDS
from swarm.webhooks.delivering import LONGEST_PAUSE, SPREAD
from swarm.webhooks.sending import TOTAL_SECONDS
from tests.support.lambda_context import lambda_context
from tests.support.paths import ROOT
from tests.support.stack import Stack
from tests.webhooks.receivers import Receiver
from webhook.app import handler as webhook

GUIDE = (ROOT / "docs/webhooks.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found
    return found[1]


def test_its_code_verifies_a_message(stack: Stack, receiver: Receiver) -> None:
    names: dict[str, Any] = {}
    exec(block("python"), names)  # noqa: S102  the guide's own code
    run_id = stack.finish("touch hello.md", callback_url=f"https://localhost:{receiver.port}/")
    webhook({"tenant_id": "tenant-a", "run_id": run_id}, lambda_context())
    (message,) = receiver.messages
    secret = stack.request("GET", "/webhooks/secret").json["secret"]
    told = names["verified"](secret, message.body, dict(message.headers))
    shown = json.loads(block("json"))
    assert told.keys() == shown.keys() == WebhookPayload.model_fields.keys()
    assert told["data"].keys() == shown["data"].keys()
    assert message.headers["webhook-id"] == f"msg_{run_id}"


def test_its_figures_are_those_of_the_code() -> None:
    assert BACKOFF_SECONDS == (5, 5 * 60, 30 * 60, 2 * 3_600, 5 * 3_600, 10 * 3_600)
    assert (SPREAD, LONGEST_PAUSE, TOTAL_SECONDS) == (0.2, 10 * 3_600, 15)


def test_its_routes_are_there(stack: Stack) -> None:
    described = json.loads((ROOT / "docs/openapi.json").read_text())["paths"]
    for method, path in re.findall(r"`(GET|POST) (/webhooks/[^?`]*)", GUIDE):
        assert method.lower() in described[path.replace("{id}", "{delivery_id}")]
