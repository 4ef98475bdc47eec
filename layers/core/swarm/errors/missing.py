"""What is not there: 404."""

from __future__ import annotations

from swarm.errors.base import CallerError


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
        super().__init__(f"no run {run_id[:64]}; GET /runs lists those that there are")


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
        super().__init__(f"this run was sent no message {message_id[:70]}; its `messages` are what it was sent")


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
        super().__init__(
            f"no skill {name}; GET /skills and GET /projects/{{id}}/skills list those that there are"
            if path is None
            else f"the skill {name} has no file {path}"
        )
        self.name = name


class ScheduleNotFound(NotFound):
    """The project has no such schedule."""

    code = "schedule_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"no schedule {name[:64]}; GET /projects/{{id}}/schedules lists those that there are")


class BatchNotFound(NotFound):
    """No such batch, or it is another tenant's: the same words."""

    code = "batch_not_found"

    def __init__(self, batch_id: str) -> None:
        super().__init__(f"no batch {batch_id[:64]}; GET /batches lists those that there are")


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
