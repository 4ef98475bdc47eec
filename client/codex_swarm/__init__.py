"""Codex-Swarm from Python: a typed client, blocking or on asyncio, its errors, and the wire models.

from codex_swarm import CodexSwarmClient, AsyncCodexSwarmClient

What is named here is loaded when it is first asked for: the service takes the wire models alone, without HTTP.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.4.0"

if TYPE_CHECKING:
    from codex_swarm.async_client import AsyncCodexSwarmClient
    from codex_swarm.client import CodexSwarmClient
    from codex_swarm.errors import (
        ApiError,
        AuthError,
        BadRequest,
        BatchTimeout,
        ClientClosed,
        CodexSwarmError,
        Conflict,
        Forbidden,
        InvalidArgument,
        InvalidSignature,
        LocalFileError,
        NotFound,
        NotText,
        RateLimited,
        RunFailed,
        TooLarge,
        TransportError,
        Unavailable,
        UnexpectedAnswer,
        WaitTimeout,
    )
    from codex_swarm.hooks import Exchange
    from codex_swarm.listing import Page, RunFilter
    from codex_swarm.models import (
        Acceptance,
        AcceptanceEvent,
        AcceptanceRead,
        Approval,
        ArtifactEvent,
        ArtifactRead,
        BatchRead,
        BatchReport,
        BatchRow,
        CancelledEvent,
        CancelRead,
        ChildEvent,
        ChildRead,
        DecisionEvent,
        DecisionKind,
        DeltaEvent,
        DiffEvent,
        DiffRead,
        DocumentTemplate,
        EndEvent,
        ErrorEvent,
        KeyRead,
        KeySecret,
        MachineSummary,
        MessageEvent,
        MessageMode,
        MessageRead,
        MessageState,
        ModelRead,
        ModelsRead,
        ModelUse,
        PatternEvent,
        PatternRead,
        PlanEvent,
        PlanStep,
        ProgressEvent,
        ProjectRead,
        RequestEvent,
        RequestKind,
        RequestRead,
        ResetEvent,
        RunError,
        RunLimits,
        RunRead,
        RunStatus,
        Scope,
        SearchRead,
        StatusEvent,
        StepEvent,
        StepRead,
        TaskType,
        TenantUsage,
        TextsRead,
        UnknownEvent,
        Used,
        WatchedEvent,
        WebhookDelivery,
        WebhookPayload,
        WebhookSecret,
        WorkspaceEvent,
        WorkspaceFile,
        WorkspaceFileListing,
        WorkspaceSummaryEvent,
    )
    from codex_swarm.saving import Preview
    from codex_swarm.text import printable
    from codex_swarm.webhooks import verify
    from codex_swarm.workspace import Download

_HOMES = (
    "models",
    "text",
    "errors",
    "webhooks",
    "client",
    "async_client",
    "hooks",
    "listing",
    "saving",
    "workspace",
)
"""The modules that the names are of; those that need no HTTP library come first."""

__all__ = [
    "Acceptance",
    "AcceptanceEvent",
    "AcceptanceRead",
    "ApiError",
    "Approval",
    "ArtifactEvent",
    "ArtifactRead",
    "AsyncCodexSwarmClient",
    "AuthError",
    "BadRequest",
    "BatchRead",
    "BatchReport",
    "BatchRow",
    "BatchTimeout",
    "CancelRead",
    "CancelledEvent",
    "ChildEvent",
    "ChildRead",
    "ClientClosed",
    "CodexSwarmClient",
    "CodexSwarmError",
    "Conflict",
    "DecisionEvent",
    "DecisionKind",
    "DeltaEvent",
    "DiffEvent",
    "DiffRead",
    "DocumentTemplate",
    "Download",
    "EndEvent",
    "ErrorEvent",
    "Exchange",
    "Forbidden",
    "InvalidArgument",
    "InvalidSignature",
    "KeyRead",
    "KeySecret",
    "LocalFileError",
    "MachineSummary",
    "MessageEvent",
    "MessageMode",
    "MessageRead",
    "MessageState",
    "ModelRead",
    "ModelUse",
    "ModelsRead",
    "NotFound",
    "NotText",
    "Page",
    "PatternEvent",
    "PatternRead",
    "PlanEvent",
    "PlanStep",
    "Preview",
    "ProgressEvent",
    "ProjectRead",
    "RateLimited",
    "RequestEvent",
    "RequestKind",
    "RequestRead",
    "ResetEvent",
    "RunError",
    "RunFailed",
    "RunFilter",
    "RunLimits",
    "RunRead",
    "RunStatus",
    "Scope",
    "SearchRead",
    "StatusEvent",
    "StepEvent",
    "StepRead",
    "TaskType",
    "TenantUsage",
    "TextsRead",
    "TooLarge",
    "TransportError",
    "Unavailable",
    "UnexpectedAnswer",
    "UnknownEvent",
    "Used",
    "WaitTimeout",
    "WatchedEvent",
    "WebhookDelivery",
    "WebhookPayload",
    "WebhookSecret",
    "WorkspaceEvent",
    "WorkspaceFile",
    "WorkspaceFileListing",
    "WorkspaceSummaryEvent",
    "__version__",
    "printable",
    "verify",
]


def __getattr__(name: str) -> object:
    if name in __all__:
        for home in _HOMES:
            module = importlib.import_module(f"{__name__}.{home}")
            if name in vars(module):
                return vars(module)[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
