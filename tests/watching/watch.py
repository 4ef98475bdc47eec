"""Follows a run with httpx-sse and writes down each event: URL FILE.

Started again with the same file, it goes on where the last one was killed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import httpx
from httpx_sse import connect_sse


def follow(url: str, file: Path) -> None:
    """Until the end event."""
    last, pause = resume(file), 1.0
    with httpx.Client(timeout=60) as client, file.open("a", encoding="utf-8") as out:
        while True:
            headers = {"Last-Event-ID": last} if last else {}
            with connect_sse(client, "GET", url, headers=headers) as source:
                for event in source.iter_sse():
                    pause = pause if event.retry is None else event.retry / 1_000
                    if event.event == "end":
                        return
                    # A draft is none of the run's events.
                    if event.data and event.event != "delta":
                        out.write(f"{event.id}\t{event.data}\n")
                        out.flush()
                        last = event.id
            time.sleep(pause)


def resume(file: Path) -> str:
    """The last event that was written down whole; a line that was not goes."""
    known = file.read_text(encoding="utf-8") if file.exists() else ""
    whole = known[: known.rfind("\n") + 1]
    file.write_text(whole, encoding="utf-8")
    return whole.rstrip("\n").rpartition("\n")[2].partition("\t")[0]


if __name__ == "__main__":
    follow(sys.argv[1], Path(sys.argv[2]))
