"""What tools of the provider's would bring back, made up, and saying so: no page is read and no server asked."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from pydantic import JsonValue

from swarm.agent.offline.steps import LookUp
from swarm.runs.conversation import Item
from swarm.runs.hosted_tools import WEB_SEARCH


def looked_up(steps: Sequence[LookUp]) -> tuple[list[Item], str]:
    """The items of these calls, and of the words that tell what they found, with their citations; and those words."""
    calls: list[Item] = []
    words = ""
    cited: list[JsonValue] = []
    for number, step in enumerate(steps):
        if step.tool == WEB_SEARCH:
            calls.append(_search(step.words, number))
            found = f"Offline, no page was read: an example of what there is about {step.words} "
            url = f"https://offline.example/{re.sub(r'[^a-z0-9]+', '-', step.words.lower()).strip('-')}"
            begins = len(words) + len(found)
            words += f"{found}({url}). "
            cited.append(
                {
                    "type": "url_citation",
                    "url": url,
                    "title": f"Offline example: {step.words}",
                    "start_index": begins,
                    "end_index": begins + len(url) + 2,
                }
            )
        else:
            calls.append(_asked(step, number))
            words += f"Offline, the server {step.tool} was not asked for {step.words}. "
    text = words.strip()
    part: JsonValue = {"type": "output_text", "text": text, "annotations": cited}
    told: Item = {"type": "message", "role": "assistant", "content": [part]}
    return ([*calls, told], text) if calls else ([], "")


def _search(words: str, number: int) -> Item:
    action: JsonValue = {"type": "search", "query": words, "queries": [words]}
    return {"type": "web_search_call", "id": f"ws_offline_{number}", "status": "completed", "action": action}


def _asked(step: LookUp, number: int) -> Item:
    return {
        "type": "mcp_call",
        "id": f"mcp_offline_{number}",
        "server_label": step.tool,
        "name": "search",
        "arguments": json.dumps({"query": step.words}, ensure_ascii=False),
        "output": "Made up offline: no server was asked.",
        "error": None,
    }
