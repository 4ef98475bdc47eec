"""What a provider's error means for a run: the one place that maps its codes to `swarm.runs.error_types`.

Codes: https://platform.openai.com/docs/guides/error-codes and the `code` of a failed response. Servers that speak the
same API have words of their own; `docs/providers.md` lists what they say, and each row of it is a test.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from swarm.errors import ModelFailure
from swarm.runs.error_types import ErrorType

_LONGEST_MESSAGE = 300

_QUOTA = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
# The last is llama.cpp's; compatible servers have names of their own.
_CONTEXT = frozenset({"context_length_exceeded", "exceed_context_size_error"})
_CONTEXT_STATUS = frozenset({200, 400, 413, 422, 429, 500})
_TOO_LONG = re.compile(
    r"(?:maximum|available|model's) (?:context|prompt) (?:length|size|window)"
    r"|(?:exceeds?|exceeded|overflows?|longer than)\b.{0,60}\bcontext (?:length|size|window)"
    r"|context ?window ?(?:is )?exceeded"
    r"|prompt (?:is )?too long"
    r"|prompt contains \d+ tokens\b.*too large"
    r"|input token count .{0,20}exceeds"
    r"|reduce the length of the (?:messages|input|prompt)",
    re.IGNORECASE,
)
"""How servers say without a code that a conversation is too long for the model."""
_TOO_LARGE = re.compile(r"request too large\b.*\btokens per (?:min|day)", re.IGNORECASE | re.DOTALL)
"""One request alone is more than the account may send in a minute: waiting does not help, sending less does."""
_FLAGGED = re.compile(r"\bflagged\b|\bcontent management policy\b", re.IGNORECASE)
_CONTENT = frozenset(
    {
        "content_filter",
        "content_policy_violation",
        "invalid_prompt",
        "bio_policy",
        "misalignment_policy_violation",
        "image_content_policy_violation",
    }
)
_PASSING = frozenset({"server_error", "vector_store_timeout"})
# 498 is Groq's for a tier that is full.
_PASSING_STATUS = frozenset({408, 409, 425, 498})

_KEY_ADVICE = (
    "Put a valid key into OPENAI_API_KEY or, deployed, into the secret that OpenAISecretName names; that of a further"
    " provider has a place of its own, which docs/models.md names."
)
_LASTING = {
    403: (
        ErrorType.PERMISSION,
        "the API key may not use this model",
        "Give the key's project access to it, or set another OPENAI_MODEL.",
    ),
    404: (
        ErrorType.PROVIDER_REQUEST,
        "the provider does not know the model or the address",
        "Check OPENAI_MODEL and OPENAI_BASE_URL.",
    ),
}
_REJECTED = (
    ErrorType.PROVIDER_REQUEST,
    "the provider rejected the request",
    "Check that the model supports function tools and that the provider speaks the Responses API.",
)
_LATER = "Try again later; the files so far are kept."


@dataclass(frozen=True, slots=True)
class ProviderError:
    """An error as the provider words it. `status` is HTTP's, 200 for a response that failed."""

    status: int
    code: str = ""
    kind: str = ""
    param: str = ""
    message: str = ""
    retry_after: float | None = None

    @property
    def names(self) -> frozenset[str]:
        """Both fields in which providers put the name of an error."""
        return frozenset({self.code, self.kind})


def failure_of(error: ProviderError) -> ModelFailure:
    """The failure that this error is. Its text has the provider's message, shortened, and nothing else of the body."""
    if error.status == 401:  # noqa: PLR2004
        # The provider's own message quotes part of the key.
        return ModelFailure(ErrorType.AUTHENTICATION, "the provider does not accept the API key", _KEY_ADVICE)
    said = f": {error.message[:_LONGEST_MESSAGE]}" if error.message else ""
    if error.names & _QUOTA or error.status == 402:  # noqa: PLR2004
        text = f"the provider account's quota is used up{said}"
        return ModelFailure(ErrorType.QUOTA, text, "Check plan and billing of the account, then start the run again.")
    if _is_too_long(error):
        text = f"the conversation is longer than the model takes{said}"
        advice = "Split the task, or use a model and an account that take more at once."
        return ModelFailure(ErrorType.CONTEXT_LENGTH, text, advice)
    if error.names & _CONTENT or (error.status in {400, 403} and _FLAGGED.search(error.message)):
        return refused(f"the provider refused the content{said}")
    return _by_status(error, said)


def _is_too_long(error: ProviderError) -> bool:
    if error.names & _CONTEXT or error.param == "input_tokens" or error.status == 413:  # noqa: PLR2004
        return True
    if error.status not in _CONTEXT_STATUS:
        return False
    return bool(_TOO_LARGE.search(error.message) or _TOO_LONG.search(error.message))


def _by_status(error: ProviderError, said: str) -> ModelFailure:
    if error.status == 429 or error.code == "rate_limit_exceeded":  # noqa: PLR2004
        text = f"the provider's rate limit is reached{said}"
        advice = "Start fewer runs at a time, or ask the provider for a higher limit."
        return ModelFailure(ErrorType.RATE_LIMITED, text, advice, retryable=True, retry_after=error.retry_after)
    if error.status >= 500 or error.status in _PASSING_STATUS or error.code in _PASSING:  # noqa: PLR2004
        return unavailable(f"the provider could not answer{said}", error.retry_after)
    kind, text, advice = _LASTING.get(error.status, _REJECTED)
    return ModelFailure(kind, f"{text}{said}", advice)


def unavailable(text: str, retry_after: float | None = None) -> ModelFailure:
    """The provider gave no answer, or none that can be read; the next try may."""
    return ModelFailure(ErrorType.PROVIDER, text, _LATER, retryable=True, retry_after=retry_after)


def no_answer(text: str) -> ModelFailure:
    """The provider answered, and not with a turn: worth another try or two, and not many."""
    advice = "Check that OPENAI_BASE_URL is a server of the Responses API and that it has the model, then start again."
    return ModelFailure(ErrorType.PROVIDER_ANSWER, text, advice, retryable=True)


def refused(text: str) -> ModelFailure:
    """The model or the provider declines."""
    return ModelFailure(ErrorType.CONTENT, text[:_LONGEST_MESSAGE], "Reword the instructions, or change the files.")
