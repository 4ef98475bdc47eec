"""What a turn has of tools that the provider ran: their calls, and the pages that its words cite.

Items: https://platform.openai.com/docs/guides/tools-web-search and
https://platform.openai.com/docs/guides/tools-connectors-mcp. Whatever they bring back was written by strangers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from codex_swarm.models import Source
from swarm.runs.conversation import HOSTED, Item
from swarm.runs.hosted_tools import WEB_SEARCH, Cited
from swarm.text import clip

LONGEST_URL = 1_000
LONGEST_WORDS = 200


@dataclass(frozen=True, slots=True)
class HostedCall:
    """A call that the provider did: of which hosted tool, by the name that people see, and what it came to."""

    tool: str
    shown: str
    output: str
    ok: bool
    arguments: Mapping[str, JsonValue] = field(default_factory=dict)
    billed: bool = True


def hosted_calls(items: Sequence[Item]) -> list[HostedCall]:
    """The calls among these items, in order; a list of a server's tools is one only where it failed."""
    return [call for item in items if item.get("type") in HOSTED for call in _call(item)]


def _call(item: Item) -> Iterator[HostedCall]:
    match item:
        case {"type": "web_search_call"}:
            action = item.get("action")
            done = action if isinstance(action, dict) else {}
            ok = item.get("status") in {None, "completed"}
            # Of its actions only a search has a price of its own.
            billed = done.get("type") in {None, "search"}
            yield HostedCall(WEB_SEARCH, WEB_SEARCH, _told(done), ok, _without_sources(done), billed)
        case {"type": "mcp_call", "server_label": str(server), "name": str(name)}:
            error = item.get("error")
            said = item.get("output") if error is None else error
            text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False) if said else ""
            yield HostedCall(server, f"{server}.{name}", text, error is None, _arguments(item.get("arguments")))
        case {"type": "mcp_list_tools", "server_label": str(server), "error": error} if error:
            yield HostedCall(server, f"{server}.tools", f"the server's tools could not be listed: {error}", ok=False)


def _told(action: Mapping[str, JsonValue]) -> str:
    """What the model did on the web, in words."""
    match action:
        case {"type": "open_page", "url": str(url)}:
            return f"opened {url}"
        case {"type": "find_in_page", "url": str(url), "pattern": str(pattern)}:
            return f"looked for {pattern} in {url}"
    queries = action.get("queries") or [action.get("query")]
    asked = [query for query in queries if isinstance(query, str) and query] if isinstance(queries, list) else []
    return f"searched the web for {'; '.join(asked)}" if asked else "searched the web"


def _without_sources(action: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {name: value for name, value in action.items() if name != "sources" and value is not None}


def _arguments(text: JsonValue) -> dict[str, JsonValue]:
    try:
        given = json.loads(str(text or "{}"))
    except ValueError:
        return {"arguments": text}
    return given if isinstance(given, dict) else {"arguments": given}


def cited_in(items: Sequence[Item], turn: int) -> Cited:
    """The pages that the words of this turn cite, each with the first place where it is."""
    cited, left_out, before = Cited(), 0, 0
    for item in items:
        content = item.get("content") if item.get("type") == "message" else None
        for part in content if isinstance(content, list) else []:
            if not isinstance(part, dict) or part.get("type") != "output_text":
                continue
            text, annotations = str(part.get("text") or ""), part.get("annotations")
            for annotation in annotations if isinstance(annotations, list) else []:
                if isinstance(annotation, dict) and annotation.get("type") == "url_citation":
                    source = _source(annotation, text, before, turn)
                    left_out += source is None
                    cited = cited if source is None else cited.with_more([source])
            before += len(text)
    return cited.with_more([], left_out)


def _source(annotation: Mapping[str, JsonValue], text: str, before: int, turn: int) -> Source | None:
    """A citation; None of an address that nobody should follow. `before` is where its text begins in the turn's."""
    url = str(annotation.get("url") or "")
    if not url.startswith(("https://", "http://")) or len(url) > LONGEST_URL:
        return None
    start, end = (_index(annotation.get(name), len(text)) for name in ("start_index", "end_index"))
    words = text[max(0, start - LONGEST_WORDS) : start].rpartition("\n")[2].strip(" (")
    return Source(
        url=url,
        title=clip(str(annotation.get("title") or "").strip(), LONGEST_WORDS),
        turn=turn,
        start=before + start,
        end=before + max(start, end),
        words=words,
    )


def _index(told: JsonValue, most: int) -> int:
    return min(max(int(told), 0), most) if isinstance(told, int | float) else most
