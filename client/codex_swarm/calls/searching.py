"""Words in the files of runs, and documents that are read so that words are found in them."""

from __future__ import annotations

from codex_swarm.calls.base import Calls, given, of_project, of_run
from codex_swarm.connection import parse
from codex_swarm.models import NotSearched, SearchHit, SearchRead, TextsRead
from codex_swarm.shaping import one_text, whole

_PAGE = 200


class SearchCalls(Calls):
    """Searches."""

    async def search_run(
        self, run_id: str, words: str, *, most: int = _PAGE, cursor: str | None = None, turn: int | None = None
    ) -> SearchRead:
        """Lines of the run's files that have these words next to each other, in either case, at most so many.

        It goes through all pages; `next_cursor` is where to go on when there are more. `not_searched` names files
        that may have the words all the same; `read_texts` helps with those that are `unread`.
        """
        return await self._search(of_run(run_id, "workspace/search"), words, most, cursor, given(turn=turn))

    async def search_project(
        self, project_id: str, words: str, *, most: int = _PAGE, cursor: str | None = None
    ) -> SearchRead:
        """The same in the files of the project's newest runs."""
        return await self._search(of_project(project_id, "search"), words, most, cursor, {})

    async def _search(self, path: str, words: str, most: int, cursor: str | None, params: dict[str, str]) -> SearchRead:
        hits: list[SearchHit] = []
        missing: list[NotSearched] = []
        searched = unnamed = 0
        whole(most, "most", 1)
        asked = {**params, "q": one_text(words, "words")}
        while True:
            asked["limit"] = str(min(_PAGE, most - len(hits)))
            if cursor is not None:
                asked["cursor"] = one_text(cursor, "cursor")
            page = await self._connection.read(SearchRead, path, params=asked)
            hits += page.hits
            missing += page.not_searched
            searched += page.searched
            unnamed += page.not_searched_total
            cursor = page.next_cursor
            if cursor is None or len(hits) >= most:
                found = {"hits": hits, "searched": searched, "not_searched": missing, "not_searched_total": unnamed}
                return page.model_copy(update=found)

    async def read_texts(self, run_id: str, *, turn: int | None = None, changes: bool = False) -> TextsRead:
        """Has the documents of a run read that were not yet, so that they can be searched and compared.

        With `changes` only those that the run changed. It takes some seconds for twenty documents.
        """
        params = {**given(turn=turn), **({"changes": "true"} if changes else {})}
        read: list[str] = []
        failed: list[NotSearched] = []
        while True:
            answer = await self._connection.request(
                "POST", of_run(run_id, "workspace/texts"), params=params, repeat=True
            )
            page = parse(TextsRead, answer)
            read += page.read
            failed += page.not_read
            if page.next_cursor is None:
                return page.model_copy(update={"read": read, "not_read": failed})
            params["cursor"] = page.next_cursor
