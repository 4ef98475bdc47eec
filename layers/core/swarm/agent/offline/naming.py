"""What to call the one document of a prose that names no file."""

from __future__ import annotations

import re

from codex_swarm.models import TaskType

_BY_TASK = {
    TaskType.CODE: "main.py",
    TaskType.RESEARCH: "research_report.md",
    TaskType.WRITING: "draft.md",
    TaskType.DATA_ANALYSIS: "analysis.md",
    TaskType.DOCUMENT_PROCESSING: "processing_report.md",
    TaskType.DOCUMENT_WRITING: "document.md",
    TaskType.DOCUMENT_ANALYSIS: "findings.md",
}

_BY_WORD = {
    "readme": "README.md",
    "csv": "data.csv",
    "spreadsheet": "data.csv",
    "json": "data.json",
    "yaml": "config.yaml",
    "html": "index.html",
    "website": "index.html",
    "webpage": "index.html",
    "bash": "script.sh",
    "script": "main.py",
    "program": "main.py",
    "python": "main.py",
    "markdown": "document.md",
    "docx": "document.md",
    "pdf": "document.md",
}

_KINDS = (
    "report letter memo essay article story poem haiku speech guide tutorial manual proposal plan summary minutes"
    " specification checklist agenda newsletter faq readme notes"
)
_WORD = re.compile(rf"(?<![\w.])({'|'.join([*_BY_WORD, *_KINDS.split()])})(?!\w|\.\w)", re.IGNORECASE)


def document_name(prose: str, task_type: TaskType) -> str:
    """A name from the first word that says what kind of document is wanted, else the task's own."""
    found = _WORD.search(prose)
    if not found:
        return _BY_TASK[task_type]
    word = found[1].lower()
    return _BY_WORD.get(word, f"{word}.md")
