"""What may be asked again later: 429, 503."""

from __future__ import annotations

from typing import ClassVar

from swarm.errors.base import CallerError


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
