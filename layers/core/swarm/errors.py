"""Every error the service raises on purpose, as one tree, and whose fault each one is.

    SwarmError
    ├── CallerError               the request is at fault; `status` and `code` go to the caller
    │   ├── BadRequest 400    InvalidId, InvalidRequest, UnknownParameter, IdMismatch, InvalidCursor,
    │   │                     InvalidCallbackUrl, NoCallbackUrl, RunAlreadyEnded, CloneNotAllowed, ReferenceNotAllowed,
    │   │                     ContradictoryInputs, SourceNotGiven, InvalidSkill, ModelNotAllowed,
    │   │                     EffortNotAllowed, BatchAlreadyEnded, HostedToolNotAllowed
    │   ├── Unauthorized 401  KeyExpired
    │   ├── BudgetExhausted 402
    │   ├── Forbidden 403     InvalidPath, ReadOnlyPath, ScopeMissing, ProjectNotAllowed
    │   ├── NotFound 404      ProjectNotFound, RunNotFound, WorkspaceFileNotFound, ArtifactNotFound, DiffNotFound,
    │   │                     TurnNotFound, PageNotFound, UploadNotFound, DeliveryNotFound, MessageNotFound,
    │   │                     ThreadNotFound, RequestNotFound, SkillNotFound, KeyNotFound, TenantNotFound,
    │   │                     BatchNotFound, ScheduleNotFound
    │   ├── Conflict 409      IdempotencyKeyReused, RunStillActive, RunInUse, ProjectInUse, ProjectBeingDeleted,
    │   │                     NotResumable, NotRedeliverable, NotImportable, RunIsEnding, MessageAlreadyRead,
    │   │                     AlreadyDecided, TakesNoMessages, UploadAlreadyOpened, TooManySkills, KeyRevoked,
    │   │                     TooManySchedules,
    │   │                     NotRotatable, TooManyKeys, LegalHold, BatchNotEnded, NothingToRetry
    │   ├── TooLarge 413      FileTooLarge, WorkspaceTooLarge, PreviewTooLarge, StorageFull
    │   ├── NoPreview 415
    │   ├── RangeNotSatisfiable 416
    │   ├── PreviewFailed 422
    │   ├── TooMany 429       TooManyActiveRuns, TooManyQueuedRuns, TooManyUnderWay, TooManyRequests,
    │   │                     TenantBusy, BatchBusy, PreviewsBusy, TooManyMessages, TooManyBatches,
    │   │                     ScheduleBusy
    │   └── Unavailable 503   NotConfigured, ReadingFailed
    ├── ModelFailure              the provider gave no usable turn
    ├── ToolFailure               a tool call failed; its text goes back to the model
    ├── InvalidUpload             what was uploaded is not what was promised; the run that takes it fails
    └── CorruptObject             stored bytes do not match their hash

`RunStopped` is deliberately outside `Exception`: no tool or retry may swallow it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence
from difflib import get_close_matches


class SwarmError(Exception):
    """Base of everything raised on purpose."""


class CallerError(SwarmError):
    """The request cannot be done as asked; the text says what is wrong and how to mend it."""

    status = 400
    code = "bad_request"
    retry_after: int | None = None
    """Seconds after which the same request may succeed, where it may."""


class BadRequest(CallerError):
    """400."""


class InvalidId(BadRequest):
    """An id is blank, too long or has characters that an id may not have."""

    code = "invalid_id"


class InvalidRequest(BadRequest):
    """A field of the request has a value that is not allowed."""

    code = "invalid_request"


class ModelNotAllowed(BadRequest):
    """A run or a project names a model that the operator has not allowed."""

    code = "model_not_allowed"

    def __init__(self, model: str, allowed: Sequence[str]) -> None:
        super().__init__(f"model {model[:100]!r} is not allowed here; use one of {', '.join(allowed)}, or leave it out")
        self.allowed = allowed


class EffortNotAllowed(BadRequest):
    """A run or a project names a reasoning effort that the model does not take."""

    code = "effort_not_allowed"

    def __init__(self, effort: str, model: str | None, allowed: Sequence[str]) -> None:
        takes = f"takes {', '.join(allowed)}" if allowed else "takes no effort here; leave it out"
        super().__init__(f"effort {effort[:20]!r} is not allowed: {model or 'what may be used'} {takes}")
        self.allowed = allowed


class HostedToolNotAllowed(BadRequest):
    """A run or a project names a tool of the provider's that it may not use; `why` not, and what it may."""

    code = "hosted_tool_not_allowed"

    def __init__(self, name: str, why: str, allowed: Sequence[str]) -> None:
        instead = f"use {', '.join(allowed)}" if allowed else "leave it out: there is none that can be used"
        super().__init__(f"hosted tool {name[:40]!r} is not allowed: {why}; {instead}")
        self.allowed = allowed


class UnknownParameter(BadRequest):
    """The query has a parameter that the route does not have. Ignored, a filter with a typo would filter nothing."""

    code = "unknown_parameter"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        nearest = get_close_matches(name, known, 1)
        takes = f"this route takes {', '.join(known)}" if known else "this route takes none"
        meant = f"did you mean {nearest[0]}? " if nearest else ""
        super().__init__(f"there is no query parameter {name[:64]!r}; {meant}{takes}")


class IdMismatch(BadRequest):
    """Path and body name different ids."""

    code = "id_mismatch"

    def __init__(self, field: str, in_path: str, in_body: str) -> None:
        super().__init__(f"the path says {in_path!r} but the body's {field} says {in_body!r}; send the same id in both")


class InvalidCursor(BadRequest):
    """A cursor that this listing did not give."""

    code = "invalid_cursor"

    def __init__(self) -> None:
        super().__init__("the cursor is none that this listing gave; begin again without it, and keep the filters")


class NoCallbackUrl(BadRequest):
    """A ping is asked for, and neither the request nor the project says where it is to go."""

    code = "no_callback_url"

    def __init__(self, project_id: str) -> None:
        super().__init__(f"project {project_id} has no callback_url; send one along, or keep one on the project")


class InvalidCallbackUrl(BadRequest):
    """A webhook cannot or may not go there."""

    code = "invalid_callback_url"

    def __init__(self, reason: str) -> None:
        super().__init__(f"callback_url {reason}; such as https://example.com/hooks/codex-swarm")


class RunAlreadyEnded(BadRequest):
    """The run is final and never changes again."""

    code = "run_already_ended"

    def __init__(self, run_id: str, status: str) -> None:
        super().__init__(f"run {run_id} has already ended: it is {status}")
        self.run_id = run_id
        self.run_status = status


class BatchAlreadyEnded(BadRequest):
    """No run of the batch is left that could be cancelled."""

    code = "batch_already_ended"

    def __init__(self, batch_id: str, status: str) -> None:
        super().__init__(f"batch {batch_id} has already ended: it is {status}")


class ContradictoryInputs(BadRequest):
    """What a run is to begin with cannot all be in one workspace."""

    code = "contradictory_inputs"


class SourceNotGiven(BadRequest):
    """A conversion names a file that its workspace will not have."""

    code = "source_not_given"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} is not in the workspace of this conversion; name the run that has it (from_run_id), or send it"
            " along (uploads, files)"
        )


class InvalidSkill(BadRequest):
    """What was sent is no skill of the open format."""

    code = "invalid_skill"


class ReferenceNotAllowed(BadRequest):
    """A run goes on with conversations of its own project only."""

    code = "reference_not_allowed"

    def __init__(self, run_id: str, project_id: str) -> None:
        super().__init__(
            f"run {run_id} is not in project {project_id}; reference_run_id takes runs of the same project"
        )


class CloneNotAllowed(BadRequest):
    """A workspace can be cloned within its own project only."""

    code = "clone_not_allowed"

    def __init__(self, run_id: str, project_id: str) -> None:
        super().__init__(f"run {run_id} is not in project {project_id}; from_run_id takes runs of the same project")


class Unauthorized(CallerError):
    """401."""

    status = 401
    code = "unauthenticated"


class KeyExpired(Unauthorized):
    """The key was good once."""

    code = "key_expired"

    def __init__(self) -> None:
        super().__init__("this key has expired; ask whoever manages your keys for a new one")


class BudgetExhausted(CallerError):
    """Nothing more may be spent until a budget begins anew, or is raised."""

    status = 402
    code = "budget_exhausted"

    def __init__(
        self, project_id: str | None, period: str, limit: float, spent: float, resets_at: str, seconds: int
    ) -> None:
        whose = "the tenant" if project_id is None else f"project {project_id}"
        super().__init__(
            f"the {period} budget of {whose} is used up: {spent:.2f} of {limit:.2f} US dollars are spent. It begins "
            f"anew at {resets_at}; until then ask who looks after it to raise it"
        )
        self.resets_at = resets_at
        self.retry_after = seconds


class Forbidden(CallerError):
    """403."""

    status = 403
    code = "forbidden"


class ScopeMissing(Forbidden):
    """The key may do other things, and not this."""

    code = "scope_missing"

    def __init__(self, scope: str) -> None:
        super().__init__(f"this key has no scope {scope!r}; ask whoever manages your keys for one that has")
        self.scope = scope


class ProjectNotAllowed(Forbidden):
    """The key is for projects of other names, or what is asked for is of the whole tenant."""

    code = "project_not_allowed"

    def __init__(self, prefixes: Sequence[str]) -> None:
        told = ", ".join(map(repr, prefixes))
        super().__init__(f"this key is for projects whose ids begin with {told}; name one of them, or use another key")


class InvalidPath(Forbidden):
    """A path leaves the workspace or could not be a file in it."""

    code = "invalid_path"

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}; use a relative path inside the workspace, such as docs/report.md")


class ReadOnlyPath(Forbidden):
    """The file is a skill's, which no run changes."""

    code = InvalidPath.code

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} belongs to a skill and stays as it is; write a file of another name")
        self.path = path


class NotFound(CallerError):
    """404. The same text for what belongs to another tenant and what never existed."""

    status = 404
    code = "not_found"


class ProjectNotFound(NotFound):
    """The tenant has no such project."""

    code = "project_not_found"

    def __init__(self, project_id: str) -> None:
        super().__init__(f"no project {project_id}; create it with PUT /projects/{{id}}")


class RunNotFound(NotFound):
    """The tenant has no such run."""

    code = "run_not_found"

    def __init__(self, run_id: str) -> None:
        super().__init__(f"no run {run_id[:64]}")


class WorkspaceFileNotFound(NotFound):
    """The workspace has no such file."""

    code = "file_not_found"

    def __init__(self, path: str) -> None:
        super().__init__(f"no file {path} in this workspace")


class ArtifactNotFound(NotFound):
    """The run has no such artifact."""

    code = "artifact_not_found"

    def __init__(self, artifact_id: str) -> None:
        super().__init__(f"no artifact {artifact_id} in this run")


class DiffNotFound(NotFound):
    """The run changed nothing, or has not got that far."""

    code = "diff_not_found"

    def __init__(self, run_id: str) -> None:
        super().__init__(f"run {run_id} has no diff: it changed no file, or has not ended yet")


class TurnNotFound(NotFound):
    """The run has not taken so many turns."""

    code = "turn_not_found"

    def __init__(self, run_id: str, turn: int, last: int) -> None:
        super().__init__(f"run {run_id} has no turn {turn}: it has 0 (what it began with) to {last}")


class PageNotFound(NotFound):
    """The document has not so many pages."""

    code = "page_not_found"

    def __init__(self, path: str, page: int, last: int) -> None:
        super().__init__(f"{path} has no page {page}: it has {last}")


class UploadNotFound(NotFound):
    """The project has no such upload."""

    code = "upload_not_found"

    def __init__(self, upload_id: str) -> None:
        super().__init__(f"no upload {upload_id[:64]} in this project")


class DeliveryNotFound(NotFound):
    """The tenant has no such delivery."""

    code = "delivery_not_found"

    def __init__(self, delivery_id: str) -> None:
        super().__init__(f"no delivery {delivery_id[:70]}")


class MessageNotFound(NotFound):
    """Nobody said that to this run."""

    code = "message_not_found"

    def __init__(self, message_id: str) -> None:
        super().__init__(f"this run was sent no message {message_id[:70]}")


class RequestNotFound(NotFound):
    """The run asked no such thing."""

    code = "request_not_found"

    def __init__(self, request_id: str) -> None:
        super().__init__(f"this run asked for no decision {request_id[:70]}; waiting_for of the run has the open one")


class ThreadNotFound(NotFound):
    """The tenant has no run of such a conversation."""

    code = "thread_not_found"

    def __init__(self, thread_id: str) -> None:
        super().__init__(f"no run belongs to the thread {thread_id[:70]}; a run tells its thread_id")


class SkillNotFound(NotFound):
    """No skill has this name, or it has no such file."""

    code = "skill_not_found"

    def __init__(self, name: str, path: str | None = None) -> None:
        super().__init__(f"no skill {name}" if path is None else f"the skill {name} has no file {path}")
        self.name = name


class ScheduleNotFound(NotFound):
    """The project has no such schedule."""

    code = "schedule_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"no schedule {name[:64]}")


class BatchNotFound(NotFound):
    """No such batch, or it is another tenant's: the same words."""

    code = "batch_not_found"

    def __init__(self, batch_id: str) -> None:
        super().__init__(f"no batch {batch_id}")


class KeyNotFound(NotFound):
    """The tenant has no such key."""

    code = "key_not_found"

    def __init__(self, key_id: str) -> None:
        super().__init__(f"no key {key_id[:70]}; GET /keys lists them by their ids")


class TenantNotFound(NotFound):
    """An operator names a tenant that never was, or was erased."""

    code = "tenant_not_found"

    def __init__(self, tenant_id: str) -> None:
        super().__init__(f"there is no tenant {tenant_id}")


class Conflict(CallerError):
    """409."""

    status = 409
    code = "conflict"


class IdempotencyKeyReused(Conflict):
    """The key stands for another request."""

    code = "idempotency_key_reused"

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"this Idempotency-Key started run {run_id} with another body; send a new key with a new request"
        )


class RunInUse(Conflict):
    """A run that has not ended is not deleted."""

    code = "run_in_use"

    def __init__(self, run_id: str) -> None:
        super().__init__(f"run {run_id} has not ended; cancel it, or wait for its end")


class ProjectInUse(Conflict):
    """A project whose runs are active, or whose batch is under way, is not deleted."""

    code = "project_in_use"

    def __init__(self, project_id: str, id_: str, what: str = "active runs") -> None:
        super().__init__(f"project {project_id} has {what}, such as {id_}; cancel them, or wait for their end")


class ProjectBeingDeleted(Conflict):
    """The id of a deleted project is free only once everything that the project had is gone."""

    code = "project_being_deleted"

    def __init__(self, project_id: str) -> None:
        super().__init__(f"project {project_id} was deleted and is still being cleared away; try again in some minutes")


class RunStillActive(Conflict):
    """The files of a run that is still going are not what it will leave behind."""

    code = "run_still_active"

    def __init__(self, run_id: str, status: str) -> None:
        super().__init__(
            f"run {run_id} is still {status}; wait for its end, or cancel it, and then begin with its files"
        )


class NotResumable(Conflict):
    """Only a run that a limit ended can be resumed."""

    code = "not_resumable"

    def __init__(self, run_id: str, status: str) -> None:
        super().__init__(f"run {run_id} is {status} and did not end at a limit; start a new run with from_run_id")


class RunIsEnding(Conflict):
    """The agent is done, and the run about to end."""

    code = "run_is_ending"
    retry_after = 1

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"the agent of run {run_id} has finished, and its results are being put together; send the message again in"
            " a moment: it begins a new run that goes on with these files and this conversation"
        )


class TakesNoMessages(Conflict):
    """Nobody would read it: no agent works on a conversion."""

    code = "takes_no_messages"

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"run {run_id} is a conversion, which no agent works on; send the message again when it has ended: it"
            " begins a run that goes on with these files"
        )


class UploadAlreadyOpened(Conflict):
    """A link takes one upload, and this one has other files."""

    code = "upload_already_opened"

    def __init__(self, upload_id: str) -> None:
        super().__init__(
            f"upload {upload_id} was begun with other files; send those again, or ask for another link with a new token"
        )


class MessageAlreadyRead(Conflict):
    """What was read cannot be taken back."""

    code = "message_already_read"

    def __init__(self, message_id: str) -> None:
        super().__init__(
            f"message {message_id} cannot be withdrawn: the agent has read it, or the run has ended; send another"
            " message that says what you want instead, or cancel the run"
        )


class AlreadyDecided(Conflict):
    """What was decided stays so."""

    code = "already_decided"

    def __init__(self, request_id: str, by: str) -> None:
        super().__init__(
            f"{request_id} needs no decision any more: {by}; send a message if the agent should do something else"
        )


class NotImportable(Conflict):
    """The id is taken: by a run that was made here, or by one that was imported and deleted."""

    code = "not_importable"

    def __init__(self, run_id: str) -> None:
        super().__init__(f"the id {run_id} is taken here, by a run that was not imported or was deleted; leave it out")
        self.run_id = run_id


class KeyRevoked(Conflict):
    """A key that was revoked stays so."""

    code = "key_revoked"

    def __init__(self, key_id: str) -> None:
        super().__init__(f"key {key_id} was revoked, which is for good; create another one")


class NotRotatable(Conflict):
    """The key was made before keys had ids that stay when their secret changes."""

    code = "not_rotatable"

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"key {key_id[:12]}... was made by an earlier version and has no secret of its own to replace; create a new"
            " key, and revoke this one when nobody uses it any more"
        )


class TooManyKeys(Conflict):
    """As many keys of the tenant are good as may be."""

    code = "too_many_keys"

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} keys are good already, and no more may be; revoke those that nobody uses")


class LegalHold(Conflict):
    """Nothing of the tenant may be deleted for now."""

    code = "legal_hold"

    def __init__(self) -> None:
        super().__init__("nothing of this tenant is deleted while there is a legal hold; ask the operator")


class NotRedeliverable(Conflict):
    """Only a dead delivery can be begun again."""

    code = "not_redeliverable"

    def __init__(self, delivery_id: str, status: str) -> None:
        super().__init__(f"delivery {delivery_id} is {status}; only a dead one can be delivered again")


class BatchNotEnded(Conflict):
    """What failed is tried again only once everything has ended."""

    code = "batch_not_ended"

    def __init__(self, batch_id: str, left: int) -> None:
        super().__init__(f"batch {batch_id} has {left} items that have not ended; wait for them, or cancel the batch")


class NothingToRetry(Conflict):
    """Every run of the batch succeeded, or it was tried as often as may be."""

    code = "nothing_to_retry"


class TooManySchedules(Conflict):
    """The project has as many schedules as there may be."""

    code = "too_many_schedules"

    def __init__(self, most: int) -> None:
        super().__init__(f"a project has at most {most} schedules; delete one that is not needed")


class TooManySkills(Conflict):
    """There are as many skills as there may be."""

    code = "too_many_skills"

    def __init__(self, most: int) -> None:
        super().__init__(f"there are {most} skills already, and no more fit; delete one, or put two into one")
        self.most = most


class TooLarge(CallerError):
    """413."""

    status = 413
    code = "too_large"


class FileTooLarge(TooLarge):
    """One file is over the limit, in bytes."""

    code = "file_too_large"

    def __init__(self, path: str, size: int, limit: int) -> None:
        super().__init__(f"{path} has {size} bytes; a file may have {limit}")


class RangeNotSatisfiable(CallerError):
    """A part was asked for that begins behind the end of the file; `size` in bytes."""

    status = 416
    code = "range_not_satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__(f"the file has {size} bytes; ask for a part that begins before its end")


class WorkspaceTooLarge(TooLarge):
    """The workspace would hold too many files or bytes."""

    code = "workspace_too_large"


class PreviewTooLarge(TooLarge):
    """The file is larger than what is shown of its kind, in bytes."""

    code = "preview_too_large"

    def __init__(self, path: str, size: int, limit: int) -> None:
        super().__init__(f"{path} has {size} bytes; files of its kind are shown up to {limit}. Download it")


class StorageFull(TooLarge):
    """The tenant has stored as many bytes as it may, or has no room for so many more."""

    code = "storage_full"

    def __init__(self, stored: int, most: int, more: int = 0) -> None:
        asked = f", and {more} more were asked for" if more else ""
        super().__init__(
            f"{stored} of {most} bytes are stored{asked}; delete runs or projects that are needed no longer. It is "
            "measured once a day"
        )


class NoPreview(CallerError):
    """Files of this kind have no preview."""

    status = 415
    code = "no_preview"

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is of a kind that has no preview; download it")


class PreviewFailed(CallerError):
    """The file cannot be shown."""

    status = 422
    code = "preview_failed"

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"there is no preview of {path}: {problem}")


class TooMany(CallerError):
    """429."""

    status = 429
    code = "too_many_requests"
    retry_after = 5


class TooManyActiveRuns(TooMany):
    """The tenant may run nothing."""

    code = "too_many_active_runs"
    retry_after = 3_600

    def __init__(self) -> None:
        super().__init__("your quota allows no run at a time; ask the operator for a higher one")


class TooManyQueuedRuns(TooMany):
    """As many runs wait for their turn as may."""

    code = "too_many_queued_runs"
    retry_after = 30

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} runs wait for their turn already; wait for some to begin, or cancel them")


class TooManyUnderWay(TooMany):
    """As many of a kind are under way as may be."""

    code = "too_many_under_way"

    _ADVICE: ClassVar = {
        "watchers": "watch fewer runs at a time",
        "uploads": "start runs with those that were prepared; one that no run took is forgotten after a day",
    }

    def __init__(self, kind: str, most: int) -> None:
        advice = self._ADVICE.get(kind, "ask again when one of them is done")
        super().__init__(f"{most} {kind} are under way, and no more may be; {advice}")


class TooManyMessages(TooMany):
    """As many messages as a run takes, or as may wait in it."""

    code = "too_many_messages"
    retry_after = 30


class TooManyRequests(TooMany):
    """The tenant's requests come faster than it may ask."""

    code = "rate_limited"

    def __init__(self, milliseconds: int) -> None:
        super().__init__(
            "your requests come faster than you may ask; ask again after Retry-After seconds, and seldom, or watch a "
            "run by its stream. GET /usage tells how many a second are answered"
        )
        self.retry_after = max(1, -(-milliseconds // 1_000))


class TenantBusy(TooMany):
    """Runs come in faster than a decision about all of them can be taken."""

    code = "too_many_requests"

    def __init__(self) -> None:
        super().__init__("runs are being started just now; try again in a moment")


class ScheduleBusy(TooMany):
    """Somebody else changed the schedule meanwhile."""

    code = "too_many_requests"

    def __init__(self, name: str) -> None:
        super().__init__(f"schedule {name} is being changed just now; try again in a moment")


class BatchBusy(TooMany):
    """A batch changes faster than another change of it can be made."""

    code = "too_many_requests"

    def __init__(self) -> None:
        super().__init__("many runs of this batch are ending just now; try again in a moment")


class TooManyBatches(TooMany):
    """As many batches of a tenant are under way as may be."""

    code = "too_many_batches"
    retry_after = 60

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} batches are under way already; wait for one to end, or cancel one")


class PreviewsBusy(TooMany):
    """All environments in which documents are drawn or read are taken."""

    code = "previews_busy"

    def __init__(self) -> None:
        super().__init__("too many documents are drawn or read just now; ask again in a moment")


class Unavailable(CallerError):
    """503."""

    status = 503
    code = "unavailable"


class ReadingFailed(Unavailable):
    """The function that reads documents did not do it."""

    code = "reading_failed"

    def __init__(self) -> None:
        super().__init__("the documents could not be read just now; ask again in a moment")


class NotConfigured(Unavailable):
    """A setting without which no run can be made is missing."""

    code = "not_configured"

    def __init__(self, setting: str, advice: str) -> None:
        super().__init__(f"{setting} is not set; {advice}")
        self.setting = setting

    @classmethod
    def badly(cls, setting: str, fault: str) -> NotConfigured:
        """The setting is there, and cannot be used."""
        error = cls(setting, "")
        error.args = (f"{setting} cannot be used: {fault}",)
        return error


@dataclass
class ModelFailure(SwarmError):
    """The provider gave no usable turn.

    `error_type` is one of `swarm.runs.error_types`; `retryable` says that a later try may work, after `retry_after`
    seconds. `tool` is the part of the run that failed.
    """

    error_type: str
    message: str
    suggestion: str
    retryable: bool = False
    retry_after: float | None = None
    tool: str = "model"

    def __str__(self) -> str:
        return self.message


class ToolFailure(SwarmError):
    """A tool call could not be done; the text is the model's to read and mend."""


class InvalidUpload(SwarmError):
    """An uploaded file is missing, or is not what was promised."""


class CorruptObject(SwarmError):
    """A stored object's bytes are not what its name or pointer says."""


class RunStopped(BaseException):
    """This process no longer owns the run: it was cancelled, has ended, or a newer process took over."""
