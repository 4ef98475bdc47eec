"""What does not go with what is there: 409."""

from __future__ import annotations

from swarm.errors.base import CallerError


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

    def __init__(self, instead: str = "ask the operator") -> None:
        super().__init__(f"nothing of this tenant is deleted while there is a legal hold; {instead}")


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
