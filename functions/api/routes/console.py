"""The console: pages that hold nothing of any run, and ask this API for what they show, as the person who opened them.

They open without a key, because a browser sends none by itself; what they show does not.
"""

from __future__ import annotations

import hashlib
import secrets
from functools import cache
from pathlib import Path
from typing import NamedTuple

from aws_lambda_powertools.event_handler import Response

from api.files import presigner
from api.resolver import PAGES, Router
from swarm.errors import NotFound
from swarm.records.backend import backend

FOLDER = Path(__file__).parent.parent / "console"
MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}

HTML = "text/html; charset=utf-8"
SAFE = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}

router = Router()


class Asset(NamedTuple):
    """A file of the pages, and a name for what is in it."""

    text: str
    media_type: str
    etag: str


@router.get("/ui", summary="The console: projects and runs", tags=[PAGES])
def runs_page() -> Response[str]:
    return _page("runs.html", base="")


@router.get("/ui/new", summary="The console: start a run", tags=[PAGES])
def new_page() -> Response[str]:
    return _page("new.html", base="../")


@router.get("/ui/service", summary="The console: alarms and metrics", tags=[PAGES])
def service_page() -> Response[str]:
    return _page("service.html", base="../")


@router.get("/ui/usage", summary="The console: what runs cost", tags=[PAGES])
def usage_page() -> Response[str]:
    return _page("usage.html", base="../")


@router.get("/ui/runs/<run_id>", summary="The console: one run", tags=[PAGES])
def run_page(run_id: str) -> Response[str]:
    return _page("run.html", base="../../")


@router.get("/ui/assets/<name>", summary="The console: its styles and scripts", tags=[PAGES])
def asset(name: str) -> Response[str]:
    found = _assets().get(name)
    if found is None:
        raise NotFound(f"the console has no file {name!r:.100}")
    headers = {"ETag": found.etag, "Cache-Control": "no-cache", **SAFE}
    if router.current_event.headers.get("if-none-match") == found.etag:
        return Response(304, None, "", headers)
    return Response(200, found.media_type, found.text, headers)


def _page(name: str, base: str) -> Response[str]:
    """A page, with addresses relative to `base`, and a policy under which its own scripts run and nothing else.

    Scripts are named by a nonce and not by 'self': this origin also serves files that runs wrote.
    """
    nonce, storage = secrets.token_urlsafe(16), presigner(backend())
    page = (FOLDER / name).read_text(encoding="utf-8")
    for field, value in (("{assets}", f"{base}ui/assets/"), ("{base}", base), ("{nonce}", nonce)):
        page = page.replace(field, value)
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
        # Uploads go to the storage themselves, and large patches come from it.
        f"connect-src 'self' {storage.endpoint}/{storage.bucket}/; img-src blob: data:; frame-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return Response(200, HTML, page, {"Content-Security-Policy": policy, "Cache-Control": "no-store", **SAFE})


@cache
def _assets() -> dict[str, Asset]:
    texts = {path: path.read_text(encoding="utf-8") for path in (FOLDER / "assets").iterdir()}
    return {
        path.name: Asset(text, MEDIA_TYPES[path.suffix], f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"')
        for path, text in texts.items()
    }
