"""What the service refuses in words of its own, told in the OpenAPI document as the keywords of JSON Schema.

The wire models carry the limits that they check themselves. These are checked further in, where the answer can say more
than "too long": the figures are those of the code that checks. A text has fewer characters than bytes, so `maxLength`
lets nothing seem refused that is taken; the descriptions say where bytes count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.requests import MAX_KEY
from api.routes.imports import MAX_RUN_BYTES
from swarm.ids import MAX_PROJECT_ID, MAX_RUN_ID, MAX_TENANT_ID
from swarm.lifecycle.asked import MAX_INSTRUCTIONS_BYTES
from swarm.lifecycle.inputs import MAX_FILES, MAX_INLINE_BYTES, MAX_INLINE_FILES
from swarm.runs.skills import MAX_NAME
from swarm.webhooks.address import MAX_URL
from swarm.workspace.paths import MAX_PATH_BYTES
from swarm.workspace.working_copy import WorkspaceLimits

Keywords = dict[str, int]

RUN_ID: Keywords = {"maxLength": MAX_RUN_ID}
PROJECT_ID: Keywords = {"maxLength": MAX_PROJECT_ID}
PATH: Keywords = {"maxLength": MAX_PATH_BYTES}
URL: Keywords = {"maxLength": MAX_URL}
OTHER_ID: Keywords = {"maxLength": MAX_PROJECT_ID}
"""Ids that are made of a run's."""

INLINE: Keywords = {"maxItems": MAX_INLINE_FILES}
IMPORTED: Keywords = {"maxLength": MAX_RUN_BYTES}

PARAMETERS: Mapping[str, Keywords] = {
    "run_id": RUN_ID,
    "thread_id": RUN_ID,
    "message_id": RUN_ID,
    "request_id": RUN_ID,
    "key_id": RUN_ID,
    "batch_id": RUN_ID,
    "tenant_id": {"maxLength": MAX_TENANT_ID},
    "project_id": PROJECT_ID,
    "artifact_id": OTHER_ID,
    "delivery_id": OTHER_ID,
    "name": {"maxLength": MAX_NAME},
    "path": PATH,
    "idempotency-key": {"maxLength": MAX_KEY},
}
"""Of every route that has a parameter of the name."""

_BEGUN: Mapping[str, Keywords] = {
    "project_id": PROJECT_ID,
    "from_run_id": RUN_ID,
    "reference_run_id": RUN_ID,
    "uploads[]": RUN_ID,
    "files": INLINE,
    "callback_url": URL,
}

FIELDS: Mapping[str, Mapping[str, Keywords]] = {
    "InlineFile": {"path": PATH, "content": {"maxLength": MAX_INLINE_BYTES}},
    "UploadFile": {"path": PATH, "size": {"maximum": WorkspaceLimits().file_bytes}},
    "UploadCreate": {"files": {"maxItems": MAX_FILES}},
    "ProjectPut": {"id": PROJECT_ID, "callback_url": URL},
    "ProjectPatch": {"callback_url": URL},
    "RunCreate": {**_BEGUN, "instructions": {"maxLength": MAX_INSTRUCTIONS_BYTES}},
    "WebhookPingCreate": _BEGUN,
    "ConversionCreate": _BEGUN,
    "BatchCreate": {"csv_upload": RUN_ID, "callback_url": URL},
    "MessageCreate": _BEGUN,
    "SkillPut": _BEGUN,
    "KeyCreate": {"projects[]": PROJECT_ID},
    "RunImport": {
        **dict.fromkeys(
            (
                "instructions",
                "system_instructions",
                "codex_thread_id",
                "reference_run_id",
                "workspace_from_run_id",
            ),
            IMPORTED,
        ),
        "uploads[]": RUN_ID,
        "record": RUN_ID,
    },
}
"""By schema and field, `[]` for what is in a list; fields that a schema does not have are passed over."""


def tell(document: Mapping[str, Any]) -> None:
    """Write them into the OpenAPI document."""
    for methods in document["paths"].values():
        for parameter in (each for operation in methods.values() for each in operation.get("parameters", [])):
            _limit(parameter["schema"], PARAMETERS.get(parameter["name"].lower(), {}))
    for name, fields in FIELDS.items():
        known = document["components"]["schemas"][name]["properties"]
        for field, keywords in fields.items():
            place = field.removesuffix("[]")
            if place in known:
                _limit(known[place] if place == field else known[place]["items"], keywords)


def _limit(schema: dict[str, Any], keywords: Keywords) -> None:
    for choice in schema.get("anyOf", [schema]):
        if choice.get("type") != "null":
            choice.update(keywords)
