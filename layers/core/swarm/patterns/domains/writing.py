"""What varies in writing: tone, audience, structure, word count, style guide, document kind."""

from __future__ import annotations

from swarm.patterns.kinds import PHRASE, any_of, file_name, kind

_TONES = (
    "academic|approachable|assertive|authoritative|calm|casual|clear|confident|conversational|critical|direct"
    "|dramatic|dry|empathetic|encouraging|engaging|enthusiastic|factual|formal|friendly|funny|gentle|humorous"
    "|informal|inspiring|ironic|journalistic|lively|matter-of-fact|neutral|objective|optimistic|persuasive"
    "|playful|plain|poetic|polite|positive|professional|respectful|satirical|serious|simple|sober|solemn"
    "|technical|urgent|warm|witty"
)
_READERS = (
    "adults|audience|beginners|board|businesses|buyers|children|citizens|clients|colleagues|committee|customers"
    "|designers|developers|employees|engineers|executives|experts|families|investors|journalists|kids|laypeople"
    "|lawyers|leaders|management|managers|members|newcomers|novices|owners|parents|partners|patients|practitioners"
    "|press|professionals|public|readers|researchers|scientists|specialists|staff|stakeholders|students|teachers"
    "|team|teams|teenagers|users|visitors"
)
_NUMBER = r"(?:\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|twelve)"
_PARTS = (
    "(?:sections?|chapters?|parts?|paragraphs?|headings?|acts?|scenes?|bullet points?|bullets|stanzas?|verses?|slides?"
    "|pages?)"
)
_COUNT = r"\d{1,3}(?:[,.’ ]?\d{3})?"

WRITING = (
    kind(
        "document_kind",
        "name",
        any_of(
            "(?:blog|forum|linkedin|social media) posts?|press releases?|cover letters?|white ?papers?"
            "|case stud(?:y|ies)|business plans?|user (?:guides?|manuals?)|meeting minutes|short stor(?:y|ies)"
            "|executive summar(?:y|ies)|articles?|brochures?|contracts?|e-?mails?|essays?|faqs?|guides?|letters?"
            "|manuals?|memos?|minutes|newsletters?|policy|policies|poems?|proposals?|reports?|reviews?|scripts?"
            "|specifications?|speech(?:es)?|stor(?:y|ies)|summar(?:y|ies)|tutorials?|announcements?|agendas?"
            "|handbooks?|invitations?"
        ),
    ),
    kind(
        "tone",
        "style",
        rf"\b((?:{_TONES})(?:(?:,? and |,? but |, )(?:{_TONES})){{0,2}}),? (?:tone|voice|register|manner|style)\b",
        rf"\b(?:tone(?: of voice)?|voice|register)(?:,? (?:is|should be|must be|as)|:) ({PHRASE})",
        rf"\b(?:sound|be|keep it) ((?:{_TONES})(?: (?:and|but) (?:{_TONES}))?)\b",
    ),
    kind(
        "audience",
        "readers",
        rf"\b(?:audience|readers?)(?: is| are|:) ({PHRASE})",
        rf"\b(?:aimed at|targeted at|addressed to|intended for|written for|audience of) (?:an? |the |our )?({PHRASE})",
        rf"\bfor (?:an? |the |our |my |your )?((?:[\w'’-]{{1,30}}+ ){{0,2}}(?:{_READERS}))\b",
    ),
    kind(
        "word_count",
        "number of words",
        r"\b(?:(?:about|around|roughly|approximately|at most|at least|up to|under|over|no more than|maximum|minimum) )?"
        rf"{_COUNT}(?: ?[-–] ?{_COUNT}| to {_COUNT})?[ -]words?\b",
        rf"\bword (?:count|limit)(?: of| is|:)? ({_COUNT})\b",
    ),
    kind(
        "structure",
        "outline",
        rf"\b{_NUMBER} (?:\w{{1,20}}+ )?{_PARTS}\b",
        r"\b(?:sections?|chapters?|headings?|structure|outline): ([^.;:\n]{3,80})",
        any_of("introduction|conclusion|table of contents|bullet points|numbered list|subheadings|appendix|abstract"),
    ),
    kind(
        "style_guide",
        "name",
        r"\b(?:APA|MLA)\b(?: \d{1,2}(?:st|nd|rd|th)?\b)?",
        r"\b(AP|Chicago|Harvard|Vancouver|IEEE|AMA|Oxford|Guardian|Economist|Turabian|Microsoft|Google)(?:'s)?"
        r" (?:manual|style|stylebook|referenc\w{1,4}|citations?|format)\b",
        rf"\bstyle ?guide(?: is| in| at|:)? ({file_name('md txt docx pdf html')})",
    ),
)
