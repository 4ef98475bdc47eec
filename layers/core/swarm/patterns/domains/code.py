"""What varies in work on code: ranges of files, substitutions, file names."""

from __future__ import annotations

from swarm.patterns.kinds import PATH, QUOTED, file_name, kind

_SOURCES = file_name(
    "py pyi ipynb js mjs cjs jsx ts tsx json jsonl yaml yml toml ini cfg conf env lock sql html htm css scss xml"
    " sh bash zsh go rs java kt swift c h cc cpp hpp cs rb php pl lua r md markdown rst txt csv tsv log tf proto"
)
_LINES = r"\d{1,6}(?: ?[-–] ?| to | through )\d{1,6}"
_TERM = (
    rf"(?:{QUOTED}|(?!(?:a|an|all|any|each|every|it|its|some|the|them|this|that)\b)[\w.$/#:()\[\]-]{{0,59}}[\w$)\]])"
)
_OF_THEM = r"(?:(?:all|any|each|every|the|uses|occurrences|instances|of|function|class|method|variable|module) ){0,4}"

CODE = (
    kind(
        "file_range",
        "line range",
        rf"{PATH}\.\w{{1,8}}:\d{{1,6}}(?:[-–]\d{{1,6}})?",
        rf"(?:{PATH}\.\w{{1,8}},? )?\blines? {_LINES}(?: (?:of|in) {PATH}\.\w{{1,8}})?",
    ),
    kind(
        "substitution",
        "old -> new",
        rf"\b(?:replac|substitut|swap|exchang)\w{{1,4}} {_OF_THEM}({_TERM}) (?:with|by|for) ({_TERM})",
        rf"\b(?:renam|chang|convert|migrat)\w{{1,4}} {_OF_THEM}(?:from )?({_TERM}) (?:in)?to ({_TERM})",
        r"(?<![\w/])s/([^/ ]{1,60})/([^/ ]{0,60})/[a-z]{0,3}(?!\w)",
    ),
    kind("file_name", "path", _SOURCES, r"\b(?:Makefile|Dockerfile|Gemfile|Jenkinsfile)\b"),
)
