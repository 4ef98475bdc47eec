"""Texts of documents that an untrusted function delivered: validated, and kept where they were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from swarm.jobs.batch import DOCUMENT_TEXT, JobCall
from swarm.jobs.tarball import Content
from swarm.logs import log
from swarm.workspace.document_texts import DocumentText, DocumentTexts, validated
from swarm.workspace.objects import ObjectStore, ProjectArea

MAX_HANDED_ON = 2_000_000
"""Characters of all texts that stand in the outcome of a job: whoever stores them has little memory."""


@dataclass(frozen=True, slots=True)
class KeptTexts:
    """The contents whose texts are stored now, and those of the texts that are little enough to hand on."""

    contents: set[str] = field(default_factory=set)
    handed_on: dict[str, DocumentText] = field(default_factory=dict)


def keep_texts(
    store: ObjectStore, area: ProjectArea, calls: Iterable[JobCall], delivered: Mapping[str, Content]
) -> KeptTexts:
    """Store the texts of the documents that these calls were to read, and nothing else."""
    kept = KeptTexts()
    DocumentTexts(store, area).put_together(_sound(calls, delivered, kept))
    return kept


def _sound(
    calls: Iterable[JobCall], delivered: Mapping[str, Content], kept: KeptTexts
) -> Iterator[tuple[str, DocumentText]]:
    """The texts that were asked for, each noted as kept."""
    room = MAX_HANDED_ON
    for call in calls:
        sha256 = str(call.arguments.get("sha256"))
        if call.tool != DOCUMENT_TEXT or sha256 not in delivered:
            continue
        try:
            text = validated(delivered[sha256].read())
        except ValidationError as error:
            log.warning("a text was refused", sha256=sha256, faults=error.error_count())
            continue
        kept.contents.add(sha256)
        if text.characters <= room:
            room -= text.characters
            kept.handed_on[sha256] = text
        yield sha256, text
