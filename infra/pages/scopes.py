"""docs/keys.md with its table of scopes: which routes each opens, as the routes themselves declare it."""

from __future__ import annotations

import json
from collections import defaultdict

from infra.pages.filled import filled

NO_KEY = "none: no key is needed"
ORDER = ("read", "run", "manage", "import", "admin", "operator", NO_KEY)


def page() -> str:
    """The page with the table as it is now."""
    return filled("keys.md", "scopes", _table())


def _table() -> str:
    # Slow to import, and the other pages need none of it.
    from api.app import app  # noqa: PLC0415
    from api.openapi import document  # noqa: PLC0415

    routes: dict[str, list[str]] = defaultdict(list)
    for path, methods in json.loads(document(app))["paths"].items():
        for method, operation in methods.items():
            for scheme in operation["security"] or [{"ApiKey": [NO_KEY]}]:
                routes[scheme["ApiKey"][0]].append(f"`{method.upper()} {path}`")
    lines = [f"| {scope} | {', '.join(sorted(routes[scope], key=_by_path))} |" for scope in ORDER if routes.get(scope)]
    return "\n".join(["| scope | opens |", "|---|---|", *lines]) + "\n"


def _by_path(route: str) -> list[str]:
    return route.strip("`").split(" ")[::-1]
