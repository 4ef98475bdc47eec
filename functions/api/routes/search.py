"""Looking for words in the files of a run or a project, and having documents read for it."""

from __future__ import annotations

import json
import time
from bisect import bisect_left
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import NonNegativeInt, TypeAdapter, ValidationError

from api.access import READ, RUN
from api.files import presigner
from api.paging import PageCursor, cursor_after, path_before
from api.requests import tenant_of
from api.resolver import Router
from api.routes.workspace import TURN
from codex_swarm.models import MAX_TURN, NotSearched, SearchRead, TextsRead
from swarm.aws import clients
from swarm.aws.functions import ask
from swarm.errors import InvalidCursor, InvalidRequest
from swarm.ids import valid_project_id
from swarm.jobs.issue import IssuedJob
from swarm.jobs.reading import read_documents
from swarm.outputs.search import places_of, search
from swarm.outputs.turns import files_at
from swarm.records.backend import area_of, backend
from swarm.records.listing import Wanted
from swarm.records.runs import RunQuery
from swarm.runs.run import Run
from swarm.workspace.objects import ProjectArea
from swarm.workspace.snapshot import FileEntry, Snapshot, compare

MAX_HITS = 200
MAX_QUERY = 200
MAX_RUNS = 20
"""Runs of a project that are searched: each page reads the lists of their files."""

_READERS = 8

Q = Annotated[
    str,
    Query(min_length=1, max_length=MAX_QUERY, description="Words that stand next to each other, in either case."),
]
Limit = Annotated[int, Query(ge=1, le=MAX_HITS, description="Hits a page, at most.")]

router = Router()


@router.get(
    "/runs/<run_id>/workspace/search", summary="Look for words in the files of a run", tags=["workspace"], security=READ
)
def search_run(
    run_id: str,
    q: Q,
    limit: Limit = 50,
    cursor: PageCursor = None,
    turn: Annotated[int | None, Query(ge=0, le=MAX_TURN, description=TURN)] = None,
) -> SearchRead:
    """Text files line by line, and documents by their text, with the place: page, clause, heading, slide, cells."""
    run = backend().runs.get(tenant_of(router), run_id)
    return _found(area_of(run.key), [(run_id, files_at(backend(), run, turn))], q, limit, cursor)


@router.get(
    "/projects/<project_id>/search",
    summary="Look for words in the files of a project",
    tags=["projects"],
    security=READ,
)
def search_project(project_id: str, q: Q, limit: Limit = 50, cursor: PageCursor = None) -> SearchRead:
    """The files of its newest runs, newest first; what a newer run has just so is not searched again."""
    tenant_id = tenant_of(router)
    backend().projects.get(tenant_id, valid_project_id(project_id))
    wanted = Wanted[Run](MAX_RUNS, lambda _: 0)
    runs = backend().runs.listed(tenant_id, RunQuery(project_id=project_id), wanted).items
    if cursor:
        # Runs that were made since the first page are left out, so that the pages go on where they were.
        newest = _opened(cursor)[0]
        runs = runs[next((number for number, run in enumerate(runs) if run.run_id == newest), len(runs)) :]
    with ThreadPoolExecutor(_READERS) as pool:
        files = list(pool.map(backend().files_of, runs))
    area = ProjectArea(tenant_id, project_id)
    return _found(area, [(run.run_id, each) for run, each in zip(runs, files, strict=True)], q, limit, cursor)


def _found(
    area: ProjectArea, runs: Sequence[tuple[str, Snapshot]], query: str, limit: int, cursor: str | None
) -> SearchRead:
    if not query.strip():
        raise InvalidRequest("q is blank; give the words to look for")
    places, number = places_of(runs)
    start = (0, 0)
    if cursor:
        _, run_id, path, shown = _opened(cursor)
        order = {each: place for place, (each, _) in enumerate(runs)}
        if run_id not in order:
            raise InvalidCursor
        start = (bisect_left(places, (order[run_id], path), key=lambda each: (order[each.run_id], each.path)), shown)
    page = search(backend().objects, area, places, query, start=start, limit=limit, clock=time.monotonic)
    next_cursor = None
    if page.next is not None:
        place = places[page.next[0]]
        next_cursor = cursor_after(json.dumps([runs[0][0], place.run_id, place.path, page.next[1]]))
    return SearchRead(
        query=query,
        hits=page.hits,
        searched=page.searched,
        total_files=len(places),
        runs=number,
        not_searched=page.not_searched,
        not_searched_total=page.not_searched_total,
        next_cursor=next_cursor,
    )


def _opened(cursor: str) -> tuple[str, str, str, int]:
    """The search's newest run, then run, path and shown matches where the next page begins. Raises `InvalidCursor`."""
    try:
        return _CURSOR.validate_json(path_before(cursor))
    except ValidationError:
        raise InvalidCursor from None


_CURSOR = TypeAdapter(tuple[str, str, str, NonNegativeInt])


@router.post(
    "/runs/<run_id>/workspace/texts", summary="Have documents read that were not yet", tags=["workspace"], security=RUN
)
def read_texts(
    run_id: str,
    cursor: PageCursor = None,
    turn: Annotated[int | None, Query(ge=0, le=MAX_TURN, description=TURN)] = None,
    changes: Annotated[
        bool, Query(description="Those that the run changed only, as they were before it and as they are now.")
    ] = False,
) -> TextsRead:
    """So that they can be searched and compared; twenty at a time. Asked again, it goes on, and reads none twice."""
    run = backend().runs.get(tenant_of(router), run_id)
    files = _changed(run) if changes else list(files_at(backend(), run, turn).files.items())
    after = path_before(cursor) if cursor else ""
    left = sorted(each for each in files if each[0] > after)
    done = read_documents(backend(), run, left, _call, presigner(backend()))
    return TextsRead(
        run_id=run_id,
        read=list(done.read),
        not_read=[NotSearched(run_id=run_id, path=path, reason=reason) for path, reason in done.failed.items()],
        next_cursor=None if done.after is None else cursor_after(done.after),
    )


def _changed(run: Run) -> list[tuple[str, FileEntry]]:
    changes = compare(backend().snapshot(run.first_snapshot), backend().files_of(run))
    sides = [(change.path, side) for change in changes for side in (change.before, change.after)]
    return [(path, side) for path, side in sides if side is not None]


def _call(job: IssuedJob, tenant_id: str) -> None:
    # What it answers is believed by nobody: what counts is what it delivered.
    ask(clients.functions(), backend().settings.convert_function, job, tenant_id)
