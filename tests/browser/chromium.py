"""Chromium without a screen, driven over a pipe: the DevTools protocol, and no driver or library in between.

Protocol: https://chromedevtools.github.io/devtools-protocol/, as messages of JSON that end in a NUL byte.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1100,1400",
    "--remote-debugging-pipe",
)
SECONDS = 30.0

Json = dict[str, Any] | None
Notice = Callable[[Any], None]


class PageError(Exception):
    """The page's own script threw, or what was waited for did not come."""


def installed() -> str | None:
    """Where Chromium is, if anywhere."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Page:
    """One tab, with storage of its own, that says yes to every dialog.

    `console` has what the page complained about: errors of its script, and what its policy refused.
    """

    def __init__(self, chromium: Connection) -> None:
        self._chromium = chromium
        self._context = chromium.ask("Target.createBrowserContext")["browserContextId"]
        place = {"url": "about:blank", "browserContextId": self._context}
        target = chromium.ask("Target.createTarget", place)["targetId"]
        self._session = chromium.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        self._sends: dict[str, str] = {}
        self.console: list[str] = []
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def close(self) -> None:
        """Close the tab and forget what it stored."""
        self._chromium.ask("Target.disposeBrowserContext", {"browserContextId": self._context})

    def ask(self, method: str, parameters: Json = None) -> Any:
        """What a method of the protocol answers for this tab."""
        return self._chromium.ask(method, parameters, self._session, self._notice)

    def _notice(self, event: Any) -> None:
        """React to what happens in the tab while it is asked something."""
        match event:
            case {"method": "Runtime.exceptionThrown", "params": {"exceptionDetails": details}}:
                self.console.append(str(details.get("exception", details).get("description", details)))
            case {"method": "Log.entryAdded", "params": {"entry": {"level": "error", "text": text} as entry}}:
                self.console.append(f"{text} ({entry.get('url', '')})")
            case {"method": "Page.javascriptDialogOpening"}:
                self._chromium.send("Page.handleJavaScriptDialog", {"accept": True}, self._session)
            case {"method": "Fetch.requestPaused", "params": {"requestId": paused, "request": request}}:
                headers = {**request["headers"], **self._sends}
                sent = [{"name": name, "value": value} for name, value in headers.items()]
                self._chromium.send("Fetch.continueRequest", {"requestId": paused, "headers": sent}, self._session)

    def open(self, url: str, **headers: str) -> None:
        """Go there, sending these headers for the page itself and for nothing that it asks for."""
        self._sends = headers
        self.ask("Fetch.enable", {"patterns": [{"urlPattern": "*", "resourceType": "Document"}]})
        failed = self.ask("Page.navigate", {"url": url}).get("errorText")
        if failed:
            raise PageError(f"{url}: {failed}")

    def evaluate(self, script: str) -> Any:
        """The value of an expression in the page, promises awaited."""
        parameters = {"expression": script, "returnByValue": True, "awaitPromise": True, "userGesture": True}
        answer = self.ask("Runtime.evaluate", parameters)
        if "exceptionDetails" in answer:
            raise PageError(json.dumps(answer["exceptionDetails"])[:1_000])
        return answer["result"].get("value")

    def wait_for(self, script: str, seconds: float = SECONDS) -> Any:
        """The value of the expression as soon as it is true, a text, a number, or anything else that is not false."""
        deadline = time.monotonic() + seconds
        while not (value := self._attempt(script)):
            if time.monotonic() > deadline:
                shown = self._attempt("document.body.innerText")
                raise PageError(f"{script} is {value!r} after {seconds:g} s, and the page shows:\n{shown}")
            time.sleep(0.05)
        return value

    def _attempt(self, script: str) -> Any:
        # While a page is being replaced, its old context is gone and what it is asked fails.
        try:
            return self.evaluate(script)
        except PageError:
            return None

    def click(self, script: str) -> None:
        """A real click, in the middle of the element that the expression gives, once that stands still.

        What is measured only when it comes into view (`content-visibility`) moves what was scrolled to.
        """
        look = (
            f"(() => {{ const e = {script}; e.scrollIntoView({{block: 'center'}}); const r = e.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        two_frames = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
        place = None
        while place != (place := self.evaluate(look)):
            self.evaluate(two_frames)
        x, y = place
        for kind in ("mousePressed", "mouseReleased"):
            event = {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}
            self.ask("Input.dispatchMouseEvent", event)

    def type(self, text: str) -> None:
        """Put a text in where the focus is."""
        self.ask("Input.insertText", {"text": text})

    def press(self, key: str) -> None:
        """A key by its name, such as `Tab` or `Enter`."""
        code = {"Tab": 9, "Enter": 13, "Escape": 27}[key]
        pressed = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.ask("Input.dispatchKeyEvent", {"type": "keyDown", **pressed, **({"text": "\r"} if key == "Enter" else {})})
        self.ask("Input.dispatchKeyEvent", {"type": "keyUp", **pressed})

    def drop(self, *files: Path) -> None:
        """Drop files in the middle of the window, as from a file manager."""
        x, y = self.evaluate("[innerWidth / 2, innerHeight / 2]")
        dragged = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.ask("Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": dragged})

    def choose(self, selector: str, *files: Path) -> None:
        """Choose files in a field for them, as in the system's dialogue."""
        field = self.ask("Runtime.evaluate", {"expression": f"document.querySelector({selector!r})"})["result"]
        self.ask("DOM.setFileInputFiles", {"files": [str(file) for file in files], "objectId": field["objectId"]})

    def prefer(self, scheme: str) -> None:
        """`light` or `dark`, as a person's system says."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.ask("Emulation.setEmulatedMedia", {"features": [feature]})

    def resize(self, width: int, height: int) -> None:
        """A window of this size."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < height}
        self.ask("Emulation.setDeviceMetricsOverride", size)

    def download_to(self, folder: Path) -> None:
        """Where downloads go."""
        place = {"behavior": "allow", "downloadPath": str(folder), "browserContextId": self._context}
        self._chromium.ask("Browser.setDownloadBehavior", place)

    def screenshot(self, to: Path) -> None:
        """The whole page as PNG."""
        picture = self.ask("Page.captureScreenshot", {"captureBeyondViewport": True})
        to.write_bytes(base64.b64decode(picture["data"]))


class Connection:
    """Requests and answers over the two pipes of a Chromium."""

    def __init__(self, to: int, of: int) -> None:
        self._to = to
        self._last = 0
        self._messages: SimpleQueue[Any] = SimpleQueue()
        Thread(target=self._read, args=(of,), daemon=True).start()

    def send(self, method: str, parameters: Json = None, session: str | None = None) -> int:
        """Ask without waiting for the answer; the question's number."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        return self._last

    def ask(
        self, method: str, parameters: Json = None, session: str | None = None, notice: Notice = lambda _: None
    ) -> Any:
        """The result of one method; `notice` gets every event that comes before it. Raises `PageError`."""
        number = self.send(method, parameters, session)
        while True:
            try:
                answer = self._messages.get(timeout=SECONDS)
            except Empty:
                raise PageError(f"{method} was not answered in {SECONDS:g} s") from None
            if answer.get("id") == number:
                break
            notice(answer)
        if "error" in answer:
            raise PageError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def _read(self, of: int) -> None:
        with os.fdopen(of, "rb") as stream:
            rest = b""
            while chunk := stream.read1(1 << 20):
                *messages, rest = (rest + chunk).split(b"\0")
                for message in messages:
                    self._messages.put(json.loads(message))


@contextmanager
def chromium(program: str, profile: Path) -> Iterator[Connection]:
    """A running Chromium, gone when the block ends."""
    theirs_in, ours_out = _pipe()
    ours_in, theirs_out = _pipe()
    # Chromium reads from descriptor 3 and writes to 4.
    launch = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
    process = subprocess.Popen(
        ["bash", "-c", launch, "bash", program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        pass_fds=(theirs_in, theirs_out),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Connection(ours_out, ours_in)
    finally:
        # It ends by itself when nobody is left to ask it anything.
        os.close(ours_out)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are far from 3 and 4, which the child's own ends become."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]
