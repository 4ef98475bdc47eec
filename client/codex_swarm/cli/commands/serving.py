"""A server for assistants."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Annotated

import typer

from codex_swarm.async_client import AsyncCodexSwarmClient
from codex_swarm.cli.session import ProjectId, Session
from codex_swarm.errors import InvalidArgument, local

LOOPBACK = "127.0.0.1"


def mcp(
    session: Session,
    project_id: ProjectId = None,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Files of this folder may be uploaded.", show_default=False),
    ] = None,
    http: Annotated[bool, typer.Option("--http", help="Over HTTP on this machine, not standard input.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="For --http; 0 is any free one.")] = 8765,
) -> None:
    """Serve assistants, by the Model Context Protocol.

    Assistants start it themselves: see docs/mcp.md for what to write into their settings. With --http it prints its
    address, and serves this machine only.
    """
    try:
        import uvicorn  # noqa: PLC0415  comes with the extra, as mcp does

        from codex_swarm.mcp.server import server  # noqa: PLC0415
    except ImportError:
        raise InvalidArgument("this comes with an extra: pip install 'codex-swarm[mcp]'") from None
    if folder is not None and not folder.is_dir():
        raise InvalidArgument(f"{folder} is no folder")
    asked = session.service
    client = AsyncCodexSwarmClient(asked.url, asked.api_key)
    made = server(client, session.project(project_id), folder)
    if not http:
        made.run("stdio")
        return
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((LOOPBACK, port))
            # From here on who connects waits: uvicorn listens only when it has started.
            listening.listen()
        except OSError as error:
            raise local(error) from error
        session.output.remark(f"ready http://{LOOPBACK}:{listening.getsockname()[1]}/mcp")
        config = uvicorn.Config(made.streamable_http_app(host=LOOPBACK), log_level="warning")
        asyncio.run(uvicorn.Server(config).serve(sockets=[listening]))
