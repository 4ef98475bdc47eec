"""Previews of documents that nobody vouches for, in a function that may do nothing but answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from preview.work import preview
from swarm_job.isolation import only_for_its_tenant
from swarm_job.shield import shield

shield()


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """`{"kind", "url", "sha256", "size", "page"}` -> `{"media_type", "content": base64}`, or `{"problem"}`.

    With both, of a document of pages, `pages`: how many. That alone says that it has no such page.
    """
    with only_for_its_tenant(context):
        return preview(event["kind"], event["url"], event["sha256"], int(event["size"]), int(event.get("page", 1)))
