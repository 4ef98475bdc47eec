"""The one list of names that `error_type` and `reason_for_failure` can take."""

from __future__ import annotations

from enum import StrEnum


class ErrorType(StrEnum):
    """Why a run failed. The first six are DraftPunk's; the others say more precisely what to do."""

    PERMISSION = "permission_error"
    MISSING_DEPENDENCY = "missing_dependency"
    TIMEOUT = "timeout"
    TOOL_FAILURE = "tool_failure"
    RUNTIME = "runtime_error"
    CANCELLED = "cancelled"

    INVALID_INPUT = "invalid_input"
    LIMIT_REACHED = "limit_reached"
    BUDGET_EXHAUSTED = "budget_exhausted"
    AUTHENTICATION = "provider_authentication"
    QUOTA = "provider_quota"
    RATE_LIMITED = "provider_rate_limited"
    PROVIDER = "provider_unavailable"
    PROVIDER_REQUEST = "provider_rejected_request"
    CONTEXT_LENGTH = "context_length"
    CONTENT = "content_refused"
    PROVIDER_ANSWER = "provider_invalid_answer"
    INCOMPLETE = "incomplete_output"
    NO_PROGRESS = "no_progress"
    NOT_DECIDED = "not_decided"
    RESULT_INVALID = "result_invalid"
    NOT_ACCEPTED = "not_accepted"
