"""One preview: the file fetched, drawn by a process of its own, and what came out of that made harmless here.

The process that reads the document may be anybody's by the end of it. What it leaves is text or a picture; the text
goes through the sanitiser in this process, and of the picture only size and signature count.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from pathlib import Path
from typing import Any

from preview.errors import CannotShow
from preview.page import page
from preview.render import ANSWER, DOCUMENT, PAGES, PROBLEM
from swarm_job import Limits
from swarm_job.folders import discard, fresh, open_regular
from swarm_job.isolation import end
from swarm_job.processes import Unkillable
from swarm_job.programs import execute
from swarm_job.transport import fetch

SECONDS = 15
LIMITS = Limits(
    seconds=SECONDS,
    cpu_seconds=SECONDS,
    memory_bytes=1_200_000_000,
    file_bytes=64 << 20,
    workspace_bytes=192 << 20,
    new_files=100,
    processes=16,
    output_chars=2_000,
)
MAX_ANSWER_BYTES = 4_000_000
"""What fits into a Lambda answer of 6 MB in base64."""

PNG = b"\x89PNG\r\n\x1a\n"
PICTURES = frozenset({"pdf", "image"})


def preview(kind: str, url: str, sha256: str, size: int, page: int = 1) -> dict[str, Any]:
    """What can be shown of the file, or of its page from 1 on, or why nothing can.

    Raises what `swarm_job.transport.fetch` raises.
    """
    data = fetch(url, size)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError("the file is not the one that was asked for")
    place = fresh("preview")
    try:
        (place / DOCUMENT).write_bytes(data)
        drawn, pages = _drawn(place, kind, page)
        if drawn is None:
            return {"pages": pages}
        shown = _harmless(kind, drawn)
    except CannotShow as problem:
        return {"problem": str(problem)}
    except Unkillable as error:
        # What is left could meddle with the next document, so nothing of this environment may see it.
        end(str(error))
    finally:
        discard(place)
    media_type = "image/png" if kind in PICTURES else "text/html; charset=utf-8"
    told = {} if pages is None else {"pages": pages}
    return {"media_type": media_type, "content": base64.b64encode(shown).decode(), **told}


def _drawn(place: Path, kind: str, number: int) -> tuple[bytes | None, int | None]:
    """What was drawn, None where there is no such page; how many pages there are, None where there are none."""
    done = execute(
        [sys.executable, "-m", "preview.render", str(place), kind, str(number)],
        cwd=place,
        environment={
            "PATH": "/usr/bin:/bin",
            "HOME": str(place),
            "TMPDIR": str(place),
            "LANG": "C.UTF-8",
            "PYTHONPATH": ":".join(path for path in sys.path if path),
        },
        limits=LIMITS,
        seconds=SECONDS,
        place=place,
    )
    if done.stopped:
        raise CannotShow("it takes more time or memory than a preview may")
    answer, problem, pages = (_left(place, name) for name in (ANSWER, PROBLEM, PAGES))
    counted = int(pages) if pages is not None and re.fullmatch(rb"[0-9]{1,7}", pages) else None
    if answer is None and problem is not None:
        raise CannotShow(problem.decode(errors="replace")[:300])
    if answer is None and counted is None:
        raise CannotShow("it cannot be read")
    return answer, counted


def _left(place: Path, name: str) -> bytes | None:
    try:
        with open_regular(place / name) as left:
            return left.read(MAX_ANSWER_BYTES * 4)
    except OSError:
        return None


def _harmless(kind: str, drawn: bytes) -> bytes:
    if kind in PICTURES:
        if not drawn.startswith(PNG) or len(drawn) > MAX_ANSWER_BYTES:
            raise CannotShow("its picture is too large")
        return drawn
    shown = page(drawn.decode(errors="replace"), with_pictures=True)
    if len(shown) > MAX_ANSWER_BYTES:
        shown = page(drawn.decode(errors="replace"), with_pictures=False)
    if len(shown) > MAX_ANSWER_BYTES:
        raise CannotShow("it is too long for a preview; download it")
    return shown
