"""Batches: one run for each item of a list, and one report of what came of them."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from codex_swarm.calls.base import listed, of_batch, of_project
from codex_swarm.calls.transfers import TransferCalls
from codex_swarm.connection import parse
from codex_swarm.errors import BadRequest, BatchTimeout, InvalidArgument
from codex_swarm.listing import Page, items, page_of
from codex_swarm.models import BatchCreate, BatchRead, BatchReport, ItemValue, RunCreate, RunStatus
from codex_swarm.shaping import header, one_text, shaped

_TABLES = ("csv", "markdown")


class BatchCalls(TransferCalls):
    """Batches."""

    async def start_batch(
        self,
        project_id: str,
        template: str | Mapping[str, Any] | RunCreate,
        batch_items: Sequence[Mapping[str, ItemValue]] | None = None,
        *,
        csv: str | os.PathLike[str] | bytes | None = None,
        name: str | None = None,
        callback_url: str | None = None,
        idempotency_key: str | None = None,
    ) -> BatchRead:
        """Starts one run for each item and returns at once; makes the project first when there is none of that id.

        `template` is what each run is to do, or the whole request for it, as `start_run` sends it: `{{name}}` in its
        texts stands for what the item has under that name. The items are mappings, or the rows of a `csv` (a path or
        its bytes, in UTF-8, the first row names the values). Every item is checked before anything begins; then as many
        runs at a time are started as there are places. `callback_url` is told of the end of all.

        A request that got lost is sent again under the same key, one of its own unless `idempotency_key` says another;
        it starts one batch.
        """
        if (batch_items is None) == (csv is None):
            raise InvalidArgument("a batch has either batch_items or csv")
        upload = None
        if csv is not None:
            upload = await self.upload_files(project_id, {"items.csv": csv})
        asked = shaped(
            BatchCreate,
            template={"instructions": template} if isinstance(template, str) else template,
            items=None if batch_items is None else listed(batch_items, "batch_items"),
            csv_upload=upload,
            name=name or "",
            callback_url=callback_url,
        )
        body = asked.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        if batch_items is not None:
            # A null among the values of an item is one.
            body["items"] = asked.model_dump(mode="json", include={"items"})["items"]
        headers = {"Idempotency-Key": header(idempotency_key or uuid.uuid4().hex, "idempotency_key")}
        path = of_project(project_id, "batches")

        async def post() -> BatchRead:
            answer = await self._connection.request("POST", path, body=body, headers=headers, repeat=True)
            return parse(BatchRead, answer)

        return await self._in_project(post, lambda: self.put_project(project_id))

    async def get_batch(self, batch_id: str) -> BatchRead:
        """The batch as it stands."""
        return await self._connection.read(BatchRead, of_batch(batch_id))

    async def list_batches(self, project_id: str | None = None) -> list[BatchRead]:
        """Batches, newest first: a project's, or all."""
        return [batch async for batch in self.iter_batches(project_id)]

    async def iter_batches(self, project_id: str | None = None) -> AsyncGenerator[BatchRead, None]:
        """As `list_batches`, page by page as they are asked for."""
        async for batch in items(self._connection, BatchRead, "/batches", _params(project_id)):
            yield batch

    async def page_batches(
        self, project_id: str | None = None, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[BatchRead]:
        """One page of `list_batches`; `cursor` is the `next_cursor` of the page before."""
        return await page_of(self._connection, BatchRead, "/batches", _params(project_id), limit, cursor)

    async def wait_batch(self, batch_id: str, timeout: float | None = None, *, poll: float = 2.0) -> BatchRead:
        """The batch once all of its runs have ended, however they did; asks every `poll` seconds.

        Raises `BatchTimeout` after `timeout` seconds, while the batch goes on. A service that does not answer is asked
        again as `wait` does.
        """
        last: BatchRead | None = None
        states = self._polled(BatchRead, of_batch(batch_id), _has_ended, BatchTimeout, timeout, poll)
        async with aclosing(states):
            async for batch in states:
                last = batch
        if last is None:
            raise RuntimeError("a batch has no state at all")
        return last

    async def get_batch_report(self, batch_id: str) -> BatchReport:
        """What became of each item, at any time."""
        return await self._connection.read(BatchReport, of_batch(batch_id, "report"))

    async def get_batch_table(self, batch_id: str, format: str = "csv") -> str:  # noqa: A002  the service's word
        """The same as a table: `csv` for a spreadsheet, `markdown` to be read."""
        if format not in _TABLES:
            raise InvalidArgument(f"a table is one of {', '.join(_TABLES)}")
        answer = await self._connection.request("GET", of_batch(batch_id, "report"), params={"format": format})
        return answer.content.decode(errors="replace")

    async def cancel_batch(self, batch_id: str) -> BatchRead:
        """Starts no more of its runs and stops those under way; twice is once."""
        try:
            answer = await self._connection.request("POST", of_batch(batch_id, "cancel"))
        except BadRequest as error:
            # An earlier request may have been the one, and its answer lost.
            batch = await self.get_batch(batch_id)
            if error.code != "batch_already_ended" or batch.status is not RunStatus.CANCELLED:
                raise
            return batch
        return parse(BatchRead, answer)

    async def delete_batch(self, batch_id: str) -> None:
        """Deletes a batch that has ended, with its items and its report; its runs stay. Raises `Conflict` before."""
        await self._connection.request("DELETE", of_batch(batch_id))

    async def retry_batch(self, batch_id: str) -> BatchRead:
        """Begins again with each item whose run failed or was cancelled. Raises `Conflict` while any goes on."""
        return parse(BatchRead, await self._connection.request("POST", of_batch(batch_id, "retry")))


def _has_ended(batch: BatchRead) -> bool:
    return batch.ended_at is not None


def _params(project_id: str | None) -> dict[str, str]:
    return {} if project_id is None else {"project_id": one_text(project_id, "project_id")}
