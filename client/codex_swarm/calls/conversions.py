"""One document made from another, without a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict, Unpack

from codex_swarm.calls.base import listed
from codex_swarm.calls.runs import RunCalls, inline, mapped
from codex_swarm.models import ConversionCreate, DocumentTemplate, RunRead
from codex_swarm.shaping import shaped


class ConversionOptions(TypedDict, total=False):
    """How a document is converted; paths are of the workspace, and docs/conversions.md says what each does."""

    reference_document: str | None
    template: DocumentTemplate | str | None
    changes: Literal["accept", "reject", "all"] | None
    table_of_contents: bool
    title: str | None
    author: str | None
    subject: str | None
    date: str | None
    bibliography: str | None
    citation_style: str | None
    language: str | None


class ConversionCalls(RunCalls):
    """Conversions."""

    async def convert(
        self,
        project_id: str,
        source: str,
        target: str,
        *,
        from_run_id: str | None = None,
        from_turn: int | None = None,
        uploads: Sequence[str] = (),
        files: Mapping[str, str] | None = None,
        name: str | None = None,
        metadata: Mapping[str, str] | None = None,
        callback_url: str | None = None,
        idempotency_key: str | None = None,
        **options: Unpack[ConversionOptions],
    ) -> RunRead:
        """Begins to convert one document, and returns at once: a run that no model works on, for `wait`.

        `source` and `target` are paths of the workspace, which has the files of `from_run_id`, `uploads` and `files`
        as in `start_run`; the target's suffix is its format. The run ends with the target as its main output, and what
        the target cannot show is named in its `closing_words`; or it fails with `tool_failure`, and the reason. Sent
        again under the same key, it is converted once.
        """
        wanted = shaped(
            ConversionCreate,
            source=source,
            target=target,
            from_run_id=from_run_id,
            from_turn=from_turn,
            uploads=listed(uploads, "uploads"),
            files=inline(files),
            name=name or "",
            metadata=dict(mapped(metadata)),
            callback_url=callback_url,
            **options,
        )
        return await self._begun(project_id, "conversions", wanted, idempotency_key)
