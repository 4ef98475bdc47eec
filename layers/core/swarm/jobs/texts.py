"""Texts of documents that an untrusted function delivered: validated, and kept where they were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from swarm.jobs.batch import DOCUMENT_TEXT, JobCall
from swarm.jobs.tarball import Content
from swarm.logs import log
from swarm.workspace.document_texts import DocumentTexts, validated
from swarm.workspace.objects import ObjectStore, ProjectArea


def keep_texts(
    store: ObjectStore, area: ProjectArea, calls: Iterable[JobCall], delivered: Mapping[str, Content]
) -> None:
    """Store the texts of the documents that these calls were to read, and nothing else."""
    texts = DocumentTexts(store, area)
    for call in calls:
        sha256 = str(call.arguments.get("sha256"))
        if call.tool != DOCUMENT_TEXT or sha256 not in delivered:
            continue
        try:
            texts.put(sha256, validated(delivered[sha256].read()))
        except ValidationError as error:
            log.warning("a text was refused", sha256=sha256, faults=error.error_count())
