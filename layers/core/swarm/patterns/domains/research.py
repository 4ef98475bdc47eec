"""What varies in research: citations, addresses, queries, sources, topics."""

from __future__ import annotations

from swarm.patterns.kinds import PHRASE, QUOTED, any_of, kind

_AUTHOR = r"[A-Z][\w'’-]{1,30}+"

RESEARCH = (
    kind(
        "topic",
        "text",
        rf"\btopics?(?: is| are|:| of) (?:an? |the )?({PHRASE})",
        r"\b(?:about|regarding|concerning|research(?:ing)?(?: on| into)?|overview of|survey of|history of"
        r"|state of|literature on|review of|effects? of|impact of|findings on|evidence (?:on|for)"
        rf"|investigat(?:e|ing)) (?:an? |the )?({PHRASE})",
    ),
    kind(
        "query",
        "search text",
        r"\b(?:search(?:ed|es|ing)?(?: \w{1,20}+){0,3} for|search_files(?: for)?|quer(?:y|ies)|keywords?"
        rf"|search terms?):? ({QUOTED})",
        rf"\b(?:quer(?:y|ies)|keywords?|search terms?): ({PHRASE})",
    ),
    kind(
        "source",
        "name",
        any_of(
            "arxiv|pubmed|google scholar|semantic scholar|wikipedia|jstor|scopus|web of science|ieee xplore"
            "|crossref|ssrn|cochrane|eurostat|oecd|world bank|imf|un data|our world in data"
        ),
        rf"\baccording to (?:an? |the )?({PHRASE})",
        rf"\bsources?: (?:an? |the )?({PHRASE})",
    ),
    # Without the query, which may hold a signature or a key, and never with a password before the host.
    kind("url", "url", r"""\bhttps?://(?![^\s/]{0,200}@)[^\s<>"'`()\[\]?#]{0,199}[^\s<>"'`()\[\]?#.,;:!]"""),
    kind(
        "citation",
        "citation",
        r"\[\d{1,3}(?: ?[,–-] ?\d{1,3}){0,5}\]",
        rf"\((?-i:{_AUTHOR})(?: et al\.?| (?:and|&) {_AUTHOR})?,? (?:19|20)\d\d[a-z]?\)",
        r"\bdoi:10\.\d{4,9}/[^\s\"<>()]{1,79}[^\s\"<>().,;:]",
        r"(?<![\w/:.])10\.\d{4,9}/[^\s\"<>()]{1,79}[^\s\"<>().,;:]",
        r"\barXiv:\d{4}\.\d{4,5}(?:v\d{1,2})?\b",
    ),
)
