"""A page around HTML that nobody vouches for: what is left of it can neither run nor call out nor look like ours."""

from __future__ import annotations

import re

import nh3

STYLE = (
    "body{font:16px/1.55 system-ui,sans-serif;margin:2rem auto;max-width:52rem;padding:0 1rem}"
    "img{max-width:100%}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.25rem .5rem;"
    "text-align:left;vertical-align:top}pre{overflow:auto;white-space:pre-wrap;background:#f5f5f5;padding:1rem}"
    "blockquote{border-left:4px solid #ccc;margin-left:0;padding-left:1rem}"
)
_TAGS = set(
    "a abbr b blockquote br code col colgroup dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q"
    " s samp small span strong sub sup table tbody td tfoot th thead tr u ul var".split()
)
_ATTRIBUTES = {
    "a": {"href", "title", "id"},
    "img": {"src", "alt", "title"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
    "li": {"id"},
    "sup": {"id"},
    **{f"h{level}": {"id"} for level in range(1, 7)},
}
_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+")
_LINK = re.compile(r"(https?://|mailto:|#).*", re.IGNORECASE | re.DOTALL)


def page(body: str, *, with_pictures: bool) -> bytes:
    """The page as UTF-8. Pictures are those that the document carries within itself; no other is fetched."""

    def kept(element: str, attribute: str, value: str) -> str | None:
        if attribute == "src":
            return value if with_pictures and _PICTURE.fullmatch(value) else None
        if attribute == "href":
            return value if _LINK.fullmatch(value) else None
        # Names of our own choosing never clash with what a browser gives names to.
        return f"doc-{value}" if attribute == "id" else value

    clean = nh3.clean(
        body,
        # Of a web page: what a browser does not show as text.
        clean_content_tags={"script", "style", "title", "template", "noscript"},
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=kept,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer nofollow",
    )
    head = f'<!doctype html><html><head><meta charset="utf-8"><style>{STYLE}</style></head><body>'
    return f"{head}{clean}</body></html>\n".encode()
