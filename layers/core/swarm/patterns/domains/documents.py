"""What varies in work on documents: formats, batches, templates, folders."""

from __future__ import annotations

from swarm.patterns.kinds import PATH_START, QUOTED, any_of, file_name, kind

_PAPER = "files?|documents?|reports?|letters?|invoices?|pages?|chapters?|contracts?|forms?|articles?|notes?|slides?"
_TEMPLATE_FILE = file_name("docx dotx odt ott md html tex txt pptx potx")
_WHICH = r"(?!(?:a|an|any|each|every|its|new|of|or|same|that|the|this|which|current|root|right)\b)"
_FOLDER = rf"{PATH_START}(?:[\w.-]{{1,40}}+/){{1,8}}"

DOCUMENTS = (
    kind(
        "format",
        "file format",
        r"(?<![\w./-])\.?(docx|pdf|odt|rtf|html|epub|markdown|md|latex|tex|rst|pptx|xlsx|csv|txt|json|xml|png|jpe?g)\b",
        any_of("word documents?|plain text|powerpoint|excel"),
    ),
    kind(
        "batch",
        "set of files",
        rf"\b((?:all|every|each)(?: of)?(?: the| these| my| our)?(?: [\w.*/-]{{1,30}}+){{0,2}}? (?:{_PAPER}))\b",
        rf"\b(\d{{1,6}} (?:[\w.-]{{1,30}}+ )?(?:{_PAPER}))\b",
        rf"{PATH_START}[\w./-]{{0,60}}\*[\w./*-]{{0,60}}",
    ),
    kind(
        "template",
        "path or name",
        rf"\b(?:template|letterhead)(?: called| named| in| from|:)? ({QUOTED}|{_TEMPLATE_FILE})",
        rf"{PATH_START}[\w./-]{{0,80}}(?:template|letterhead)[\w-]{{0,40}}\.\w{{2,5}}",
        rf"\b(?:the|our|my|an?) ({_WHICH}[\w-]{{1,40}}+ (?:template|letterhead))\b",
    ),
    kind(
        "folder",
        "path",
        rf"{_FOLDER}(?![\w.*-])",
        rf"\b(?:folder|directory)(?: called| named|:)? ({QUOTED}|[\w-]{{1,40}}(?:/[\w-]{{1,40}}){{0,8}}/(?![\w.-]))",
        r"\b(?:folder|directory) (?:called|named) ([\w./-]{1,120}\w)",
        rf"\b(?:the|a|an|each|into|in|from) ({_WHICH}[\w./-]{{1,120}}) (?:folder|directory)\b",
    ),
)
