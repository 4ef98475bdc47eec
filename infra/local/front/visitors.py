"""Who may talk to this machine's services: programs of this machine, and pages that the service itself served.

A port on loopback is within reach of every web page that the developer looks at. A page can send "simple" requests to
any address without asking (no preflight), and read the answers once a name of its own leads to 127.0.0.1 (DNS
rebinding). What gives a page away are headers that it cannot change: `Host`, `Origin` and `Sec-Fetch-*`.
Source: the Fetch standard ("CORS-safelisted request-header", "Origin header") and W3C's "Fetch Metadata".
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping

from infra.local.front.request import Request
from infra.local.front.response import Response
from infra.local.loopback import is_loopback

OWN_SITES = ("same-origin", "none")
# With a body of these types a page need not ask first; nothing but a page or a form sends the first two.
OF_PAGES = ("text/plain", "multipart/form-data")
JSON = "application/json"
SHARED, UPLOADS = "/shared/", "/shared/uploads/"


def refusal(request: Request, origins: Container[str] = ()) -> Response | None:
    """The answer to a request that a foreign page may have sent, or None for one that is let in.

    Pages of these `origins` are as good as our own: the person who started this named them.
    """
    headers = request.headers
    if not is_loopback(headers.get("host", "")):
        return _refused(403, "foreign_host", "call this service as 127.0.0.1 or localhost: it answers no other name")
    by_token = request.path.startswith(SHARED if request.method == "GET" else UPLOADS)
    if by_token and request.method in {"GET", "POST", "OPTIONS"}:
        # What it asks it asks with a token, which no page has that was not given it; whose pages may read the answer
        # is for the token to say.
        return None
    if headers.get("origin") not in origins and _is_foreign(request):
        return _refused(403, "foreign_origin", "a web page of another origin asks; only pages of this service may")
    if request.body and not _says_json(headers):
        return _refused(415, "unsupported_media_type", "send the body with Content-Type: application/json")
    return None


def _is_foreign(request: Request) -> bool:
    headers = request.headers
    # An origin has a port, so a page that another server of this machine serves is foreign, too.
    if headers.get("origin", f"http://{headers['host']}").lower() != f"http://{headers['host']}".lower():
        return True
    if headers.get("sec-fetch-site", "none") in OWN_SITES:
        return False
    # A link that somebody follows shows the page to them, and to nobody else.
    followed = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return not (followed and request.method == "GET")


def _says_json(headers: Mapping[str, str]) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == JSON:
        return True
    from_a_page = any(name in headers for name in ("origin", "referer", "sec-fetch-site"))
    return not from_a_page and kind not in OF_PAGES


def _refused(status: int, code: str, detail: str) -> Response:
    body = json.dumps({"detail": detail, "code": code}).encode()
    return Response(status, (("content-type", JSON),), body)
