"""S3 as an untrusted function sees it: signed GETs and one signed POST, over HTTP on loopback."""

from __future__ import annotations

import email.parser
import email.policy
import hashlib
import io
import json
import tarfile
import threading
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

LIMITS = {
    "seconds": 60,
    "cpu_seconds": 30,
    "memory_bytes": 1_500_000_000,
    "file_bytes": 20 << 20,
    "workspace_bytes": 60 << 20,
    "new_files": 500,
    "processes": 40,
    "output_chars": 20_000,
}
_TEXT = ("key", "policy", "x-amz-signature")


@dataclass(frozen=True)
class Delivery:
    """What was posted for one job. `files` by path, `texts` by the hash of their document, `members` as in the tar."""

    results: list[dict[str, Any]]
    deleted: list[str]
    files: Mapping[str, bytes]
    members: Sequence[tarfile.TarInfo]
    texts: Mapping[str, Any] = field(default_factory=dict)

    def result(self, call_id: str = "call_1") -> dict[str, Any]:
        """The result of one call."""
        (found,) = (result for result in self.results if result["call_id"] == call_id)
        return found

    @property
    def output(self) -> str:
        """The outputs of all calls, one after the other."""
        return "\n".join(result["output"] for result in self.results)


@dataclass
class JobServer:
    """Objects by path. `asked` is every path that was fetched; `failing`, the statuses to answer with first."""

    url: str
    objects: dict[str, bytes] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    failing: list[int] = field(default_factory=list)

    def put(self, content: bytes) -> str:
        """An object, and a signed address for it."""
        path = f"/blobs/{hashlib.sha256(content).hexdigest()}"
        self.objects[path] = content
        return f"{self.url}{path}?X-Amz-Signature=sesame"

    def job(
        self,
        calls: Sequence[tuple[str, Mapping[str, Any]]],
        files: Mapping[str, bytes] | None = None,
        *,
        run_id: str = "run-1",
        limits: Mapping[str, int] | None = None,
        executable: Collection[str] = (),
        **changes: Any,
    ) -> dict[str, Any]:
        """The event for a job: calls as (tool, arguments), call ids `call_1` and on. `changes` go into the document.

        `executable` are the paths of files that have the execute bit.
        """
        job_id = uuid.uuid4().hex
        document = {
            "schema": 1,
            "job_id": job_id,
            "files": [
                {
                    "path": path,
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "size": len(content),
                    "url": self.put(content),
                    **({"executable": True} if path in executable else {}),
                }
                for path, content in (files or {}).items()
            ],
            "calls": [
                {"call_id": f"call_{number}", "tool": tool, "arguments": dict(arguments)}
                for number, (tool, arguments) in enumerate(calls, 1)
            ],
            "limits": {**LIMITS, **(limits or {})},
            "result": {
                "url": f"{self.url}/bucket",
                "fields": {"key": job_id, "policy": "cG9saWN5", "x-amz-signature": "sesame"},
            },
        }
        path = f"/jobs/{job_id}"
        self.objects[path] = json.dumps({**document, **changes}).encode()
        return {"job_url": f"{self.url}{path}?X-Amz-Signature=sesame", "run_id": run_id, "job_id": job_id}

    def commands(self, *commands: str, **job: Any) -> dict[str, Any]:
        """The event for a job of `run_command` calls."""
        return self.job([("run_command", {"command": each, "timeout_seconds": None}) for each in commands], **job)

    def delivered(self, event: Mapping[str, Any]) -> Delivery:
        """What was posted for the job of this event."""
        return self.deliveries[event["job_id"]]


@contextmanager
def job_server(port: int = 0) -> Iterator[JobServer]:
    """A server on loopback, until the block ends."""
    server = _Server(("127.0.0.1", port), _Handler)
    server.jobs = JobServer(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.jobs
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    jobs: JobServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        self._jobs.asked.append(path)
        if self._jobs.failing:
            self._answer(self._jobs.failing.pop(0))
        elif path.startswith("/moved"):
            self._answer(307, location=f"{self._jobs.url}/{path.partition('/moved/')[2]}?{query}")
        elif "X-Amz-Signature=" not in query:
            self._answer(403)
        elif path in self._jobs.objects:
            self._answer(200, self._jobs.objects[path])
        else:
            self._answer(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self._jobs.failing:
            self._answer(self._jobs.failing.pop(0))
            return
        fields = _form(self.headers["Content-Type"], body)
        # S3 passes over whatever comes after the file.
        assert list(fields)[-1] == "file"
        assert set(_TEXT) <= fields.keys()
        self._jobs.deliveries[fields["key"].decode()] = _delivery(fields["file"])
        self._answer(204)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: the server is no part of what is tested."""

    @property
    def _jobs(self) -> JobServer:
        return cast("_Server", self.server).jobs

    def _answer(self, status: int, content: bytes = b"", location: str = "") -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _form(content_type: str, body: bytes) -> dict[str, bytes]:
    parser = email.parser.BytesParser(policy=email.policy.HTTP)
    message = parser.parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    fields = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        fields[str(name)] = content
    return fields


def _delivery(content: bytes) -> Delivery:
    """Read the archive. Whoever wrote it may have put anything in it, and this is where that shows."""
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        members = archive.getmembers()
        texts = {member.name: archive.extractfile(member) for member in members}
        read = {name: stream.read() for name, stream in texts.items() if stream is not None}
    assert len(read) == len(members), "every member is a file with a name of its own"
    return Delivery(
        results=json.loads(read.pop("results.json")),
        deleted=json.loads(read.pop("deleted.json")),
        files={name.removeprefix("files/"): content for name, content in read.items() if name.startswith("files/")},
        members=members,
        texts={
            name.removeprefix("texts/"): json.loads(content)
            for name, content in read.items()
            if name.startswith("texts/")
        },
    )
