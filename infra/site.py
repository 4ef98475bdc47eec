"""Builds the documentation as a site: `./run.sh docs`, into `.site`. It has an environment of its own.

The pages are those of `docs/`; the first is made from `README.md`, and the API's from `docs/openapi.json`. Whatever
Sphinx warns of (a link that leads nowhere, a page that no list names) is an error. Nothing in the site comes from
elsewhere.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

from openapidocs.mk.v3 import OpenAPIV3DocumentationHandler
from sphinx.cmd.build import main as sphinx

ROOT = Path(__file__).resolve().parents[1]
DOCS, SITE = ROOT / "docs", ROOT / ".site"

PARTS = {
    "For everybody": "quickstart",
    "For applications": "DRAFTPUNK_INTEGRATION cookbook house-style client features swarm acceptance schedules api"
    " events errors limits webhooks browser offline",
    "For people": "command-line commands mcp laptop-cloud migration conversions",
    "For operators": "operations operations/alarms operations/recovery operations/metrics operations/logs"
    " operations/parameters operations/costs keys tenants cost permissions sandbox bounds models hosted-tools"
    " providers evals scale performance reliability",
    "For developers": "tour table decisions",
}
SETTINGS = {
    "project": "Codex-Swarm",
    "extensions": "myst_parser",
    "html_theme": "furo",
    "html_title": "Codex-Swarm",
    "html_copy_source": "0",
    "html_show_copyright": "0",
    "html_show_sphinx": "0",
    "myst_heading_anchors": "3",
}
NOT_DOCS = re.compile(r"\[([^]]+)\]\(\.\./[^)]+\)")
"""Links to what is beside the documentation, which the site does not have."""


def main() -> int:
    """Sphinx's exit status."""
    options = [part for name, value in SETTINGS.items() for part in ("-D", f"{name}={value}")]
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder, "pages")
        shutil.copytree(DOCS, pages)
        for page in pages.glob("*.md"):
            page.write_text(NOT_DOCS.sub(r"\1", page.read_text(encoding="utf-8")), encoding="utf-8")
        (pages / "index.md").write_text(_home(), encoding="utf-8")
        (pages / "api.md").write_text(_api(), encoding="utf-8")
        shutil.rmtree(SITE, ignore_errors=True)
        doctrees = ["-d", str(Path(folder, "doctrees"))]
        status: int = sphinx(["-q", "-W", "--keep-going", "-C", *options, *doctrees, str(pages), str(SITE)])
    if status == 0:
        print(f"{SITE.name}/index.html")
    return status


def _home() -> str:
    readme = (ROOT / "README.md").read_text(encoding="utf-8").replace("](docs/", "](")
    parts = [
        f"```{{toctree}}\n:caption: {caption}\n:hidden:\n\n" + "\n".join(pages.split()) + "\n```\n"
        for caption, pages in PARTS.items()
    ]
    return "\n".join([readme, *parts])


def _api() -> str:
    source = DOCS / "openapi.json"
    openapi = json.loads(source.read_text(encoding="utf-8"))
    made: str = OpenAPIV3DocumentationHandler(openapi, style="MARKDOWN", source=str(source)).write()
    return "# API reference\n" + made.partition("\n")[2]


if __name__ == "__main__":
    sys.exit(main())
