"""A small DraftPunk for the web: people ask for documents, watch them being written, and have them changed.

    python -m uvicorn examples.web.server:app --port 8000

It needs `fastapi`, `uvicorn` and `python-multipart` besides the client, and a service: CODEX_SWARM_URL and
CODEX_SWARM_API_KEY say which. The key stays here. The page gets tokens, each for one run and a quarter of an hour, and
asks the service itself for events and previews, so that nobody's waiting takes up this server.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Form, HTTPException, Request, UploadFile
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel

from codex_swarm import (
    ApiError,
    AsyncCodexSwarmClient,
    CodexSwarmError,
    InvalidSignature,
    NotFound,
    RunRead,
    TransportError,
    verify,
)

PROJECT = "web-example"
PAGE = Path(__file__).with_name("page.html")


class Document(BaseModel):
    """A document and the run that writes it."""

    id: str
    request: str
    status: str
    progress: int
    path: str | None
    reason: str | None


class Access(BaseModel):
    """Where the page itself may ask, for a quarter of an hour."""

    events: str
    preview: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """One client for the whole process. Inside a request people wait, so no call may take long."""
    async with AsyncCodexSwarmClient(timeout=25, call_timeout=28) as swarm:
        app.state.swarm = swarm
        yield


app = FastAPI(title="A small DraftPunk", lifespan=lifespan)


def swarm_of(request: Request) -> AsyncCodexSwarmClient:
    """The process's client."""
    client: AsyncCodexSwarmClient = request.app.state.swarm
    return client


@app.exception_handler(CodexSwarmError)
async def refused(_: Request, error: CodexSwarmError) -> JSONResponse:
    """What the service says of a request, in the words that it has for people."""
    if isinstance(error, ApiError) and error.status < 500:  # noqa: PLR2004  the service's own fault is not theirs
        return JSONResponse({"detail": error.detail}, error.status)
    away = isinstance(error, TransportError)
    return JSONResponse({"detail": "the service is away; try again soon" if away else str(error)}, 503)


@app.get("/", include_in_schema=False)
async def page() -> FileResponse:
    """The page."""
    return FileResponse(PAGE, media_type="text/html; charset=utf-8")


@app.post("/documents", status_code=201)
async def create(
    request: Request,
    wish: Annotated[str, Form()],
    key: Annotated[str, Form()],
    files: list[UploadFile] | None = None,
) -> Document:
    """Begins a document. `key` is the form's own: sent twice, it makes one document."""
    swarm = swarm_of(request)
    given = [file for file in files or [] if file.filename]
    uploads = [await swarm.upload_files(PROJECT, given)] if given else []
    run = await swarm.start_run(PROJECT, wish, "document_writing", uploads=uploads, idempotency_key=key)
    return shown(run)


@app.get("/documents")
async def recent(request: Request) -> list[Document]:
    """The latest ones."""
    page_of_runs = await swarm_of(request).page_runs(PROJECT, limit=10)
    return [shown(run) for run in page_of_runs.items]


@app.get("/documents/{run_id}")
async def one(request: Request, run_id: str) -> Document:
    """How it stands."""
    return shown(await owned(request, run_id))


@app.post("/documents/{run_id}/changes", status_code=201)
async def change(request: Request, run_id: str, wish: Annotated[str, Form()]) -> Document:
    """Has it changed, in a run that goes on with its files and its conversation."""
    return shown(await swarm_of(request).follow_up(await owned(request, run_id), wish))


@app.post("/documents/{run_id}/cancel")
async def cancel(request: Request, run_id: str) -> Document:
    """Stops it."""
    run = await owned(request, run_id)
    await swarm_of(request).cancel_run(run.id)
    return shown(await swarm_of(request).get_run(run.id))


@app.get("/documents/{run_id}/access")
async def access(request: Request, run_id: str) -> Access:
    """What lets this page, and no other, watch the run and show its document."""
    run, swarm = await owned(request, run_id), swarm_of(request)
    origin = str(request.base_url).rstrip("/")
    token = await swarm.create_run_token(run.id, "files", seconds=900, origins=[origin])
    begins = f"{swarm.base_url}{token.path}"
    return Access(
        events=f"{begins}/stream?token={token.token}",
        preview=f"{begins}/workspace/preview?token={token.token}&path=",
    )


@app.post("/hooks/codex-swarm", status_code=204)
async def ended(request: Request) -> None:
    """Told by the service that a run has ended; a message that it did not sign is refused."""
    secret = (await swarm_of(request).get_webhook_secret()).secret
    try:
        message = verify(secret, request.headers, await request.body())
    except InvalidSignature as error:
        raise HTTPException(401, str(error)) from error
    print(f"{message.data.run_id} {message.data.status}")


async def owned(request: Request, run_id: str) -> RunRead:
    """The run, when it is of this application. A real one looks here whether it is this person's."""
    run = await swarm_of(request).get_run(run_id)
    if run.project_id != PROJECT:
        raise NotFound(404, "run_not_found", f"no document {run_id}")
    return run


def shown(run: RunRead) -> Document:
    """What the page shows of a run."""
    summary = run.machine_summary
    return Document(
        id=run.id,
        request=summary.goal if summary else run.name,
        status=run.status,
        progress=run.progress,
        path=summary.primary_artifact if summary else None,
        reason="; ".join(f"{error.message} {error.suggestion}".strip() for error in run.errors) or None,
    )
