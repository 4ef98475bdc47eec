"""API keys of the tenant: made, listed, given new secrets, revoked. For keys with the scope `admin`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

from codex_swarm.calls.base import Calls, of_key
from codex_swarm.connection import parse
from codex_swarm.listing import Page, items, page_of
from codex_swarm.models import KeyCreate, KeyRead, KeyRotation, KeySecret, Scope
from codex_swarm.shaping import shaped

_KEYS = "/keys"


class KeyCalls(Calls):
    """Keys. Their texts are in the answers of `create_key` and `rotate_key`, and can be had nowhere else."""

    async def create_key(
        self,
        name: str,
        *,
        scopes: Sequence[Scope | str] = (Scope.READ, Scope.RUN, Scope.MANAGE),
        projects: Sequence[str] = (),
        expires_at: datetime | None = None,
    ) -> KeySecret:
        """A new key of the tenant: `key` of what it returns is its text. Is sent once.

        `projects` are prefixes of the ids of the projects that it is for; without any it is for all of them. A time
        without an offset is UTC.
        """
        wanted = shaped(KeyCreate, name=name, scopes=scopes, projects=projects, expires_at=expires_at)
        return parse(KeySecret, await self._connection.request("POST", _KEYS, body=wanted.model_dump(mode="json")))

    async def list_keys(self) -> list[KeyRead]:
        """The tenant's keys, oldest first, and those that were revoked in the last 90 days."""
        return [key async for key in self.iter_keys()]

    async def iter_keys(self) -> AsyncGenerator[KeyRead, None]:
        """As `list_keys`, page by page as they are asked for."""
        async for key in items(self._connection, KeyRead, _KEYS):
            yield key

    async def page_keys(self, *, limit: int | None = None, cursor: str | None = None) -> Page[KeyRead]:
        """One page of the keys, for a list of one's own: `cursor` is the `next_cursor` of the page before."""
        return await page_of(self._connection, KeyRead, _KEYS, None, limit, cursor)

    async def get_key(self, key_id: str) -> KeyRead:
        """One key."""
        return await self._connection.read(KeyRead, of_key(key_id))

    async def rotate_key(self, key_id: str, overlap_seconds: int = 86_400) -> KeySecret:
        """A new secret of the key; what is good until now stays so for `overlap_seconds`. Is sent once."""
        body = shaped(KeyRotation, overlap_seconds=overlap_seconds).model_dump(mode="json")
        return parse(KeySecret, await self._connection.request("POST", of_key(key_id, "rotate"), body=body))

    async def revoke_key(self, key_id: str) -> KeyRead:
        """Lets the key open nothing any more, for good; twice is once. The service may take a minute for it."""
        return parse(KeyRead, await self._connection.request("POST", of_key(key_id, "revoke")))
