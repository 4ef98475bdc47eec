"""A page of another origin that is named calls the API with a key, in Chromium; one that is not named cannot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from infra.local.cloud import LocalCloud
from tests.browser.chromium import Page
from tests.local.clouds import Clouds

pytestmark = pytest.mark.proof

# Makes a project, starts a run with a file, and reads what comes of it.
APPLICATION = """
(async (api, key) => {
  const ask = async (method, path, body, headers = {}) => {
    const response = await fetch(api + path, { method, headers: { Authorization: `Bearer ${key}`,
      "Content-Type": "application/json", ...headers }, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  await ask("PUT", "/projects/pages", { name: "pages", task_type: "writing" });
  const run = await (await ask("POST", "/projects/pages/runs", { project_id: "pages", name: "from a page",
    instructions: "touch made.md", files: [{ path: "given.txt", content: "from a page\\n" }] },
    { "Idempotency-Key": "one" })).json();
  for (;;) {
    const now = await (await ask("GET", `/runs/${run.id}`)).json();
    if (now.status === "succeeded") break;
    if (now.status === "failed") throw new Error(JSON.stringify(now.errors));
    await new Promise((done) => setTimeout(done, 200));
  }
  const listed = await ask("GET", "/runs?limit=1&project_id=pages");
  const file = await (await ask("GET", `/runs/${run.id}/workspace/files/given.txt`)).text();
  const missing = await fetch(api + "/runs/missing", { headers: { Authorization: `Bearer ${key}` } });
  return JSON.stringify({ file, listed: (await listed.json()).length, missing: (await missing.json()).code });
})
"""


class Blank(BaseHTTPRequestHandler):
    """An application's page, as far as it matters here: its origin."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>An application</title>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name is http.server's)
        """Silent."""


@pytest.fixture(scope="module")
def origins() -> Iterator[list[str]]:
    """Of two applications: one that is named, and one that is not."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Blank) for _ in range(2)]
    for server in servers:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield [f"http://127.0.0.1:{server.server_address[1]}" for server in servers]
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def named(clouds: Clouds, origins: list[str]) -> LocalCloud:
    return clouds.get("origins", require_key=True, parameters={"CorsOrigins": origins[0]})


def test_a_page_of_a_named_origin_does_all_that_a_key_may(named: LocalCloud, origins: list[str], page: Page) -> None:
    page.open(origins[0])
    page.wait_for("document.readyState === 'complete'")
    call = f"{APPLICATION}({json.dumps(named.url)}, {json.dumps(named.development_key)})"
    page.evaluate(f"{call}.then((said) => {{ window.said = said; }}, (error) => {{ window.said = String(error); }})")
    page.wait_for("window.said !== undefined", 60)
    said = json.loads(page.evaluate("window.said"))
    assert (said["file"], said["listed"], said["missing"]) == ("from a page\n", 1, "run_not_found")


def test_a_page_of_another_origin_gets_nothing(named: LocalCloud, origins: list[str], page: Page) -> None:
    page.open(origins[1])
    page.wait_for("document.readyState === 'complete'")
    options = json.dumps({"headers": {"Authorization": f"Bearer {named.development_key}"}})
    asked = f"fetch({json.dumps(named.url + '/projects')}, {options})"
    page.evaluate(f"{asked}.then(() => {{ window.said = 'read'; }}, () => {{ window.said = 'kept away'; }})")
    page.wait_for("window.said !== undefined", 30)
    assert page.evaluate("window.said") == "kept away"
