"""Watching a run until it ends."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TypeVar

from codex_swarm.calls.base import of_run
from codex_swarm.calls.runs import RunCalls
from codex_swarm.connection import Outage
from codex_swarm.errors import CodexSwarmError, RunFailed, WaitTimeout
from codex_swarm.events import TimeIsUp, follow
from codex_swarm.listing import items
from codex_swarm.models import EventPage, RunRead, RunStatus, StepRead, WatchedEvent
from codex_swarm.shaping import header, one_text, seconds

T = TypeVar("T")


class WatchCalls(RunCalls):
    """Waiting, events and steps."""

    async def wait(
        self,
        run_id: str,
        timeout: float | None = None,
        *,
        poll: float = 1.0,
        on_progress: Callable[[RunRead], None] | None = None,
        check: bool = False,
        until_asked: bool = False,
    ) -> RunRead:
        """The run once it has ended, however it ended; asks every `poll` seconds.

        With `until_asked` also once it waits for somebody: then it has `waiting_for`, and `decide` lets it go on.

        `on_progress` gets the run as first seen and after each change of status or progress, the end last.
        Raises `WaitTimeout` after `timeout` seconds, while the run goes on; with `check`, raises `RunFailed`
        when it ended otherwise than succeeded. A service that does not answer is asked again until the timeout, or
        without one for as long as the client's `outage` says; then what it last did is raised.
        """
        last: RunRead | None = None
        async with aclosing(self._states(run_id, timeout, poll)) as states:
            async for run in states:
                known = None if last is None else (last.status, last.progress)
                if on_progress is not None and (run.status, run.progress) != known:
                    on_progress(run)
                last = run
                if until_asked and run.waiting_for is not None:
                    return run
        if last is None:
            raise RuntimeError("a run has no state at all")
        if check and last.status is not RunStatus.SUCCEEDED:
            raise RunFailed(last)
        return last

    def _states(self, run_id: str, timeout: float | None, poll: float) -> AsyncGenerator[RunRead, None]:
        """The run every `poll` seconds, its end last; raises `WaitTimeout`."""
        return self._polled(RunRead, of_run(run_id), _has_ended, WaitTimeout, timeout, poll, run_id)

    async def _polled(
        self,
        shape: type[T],
        path: str,
        has_ended: Callable[[T], bool],
        late: Callable[[T, float], CodexSwarmError],
        timeout: float | None,
        poll: float,
        of: str | None = None,
    ) -> AsyncGenerator[T, None]:
        """What is at the path every `poll` seconds, its end last; raises what `late` makes after `timeout` seconds."""
        deadline, pause = self._deadline(timeout), seconds(poll, "poll")
        outage = Outage(self._connection, deadline)
        last: T | None = None
        while last is None or not has_ended(last):
            try:
                last = await self._connection.poll(shape, path, self._ends_by(deadline), of)
            except CodexSwarmError as error:
                if last is not None and timeout is not None and self._is_past(deadline):
                    raise late(last, timeout) from error
                await outage.wait_out(error)
                continue
            outage.over()
            yield last
            if has_ended(last):
                return
            if timeout is not None and self._is_past(deadline):
                raise late(last, timeout)
            left = pause if deadline is None else deadline - self._connection.clock()
            await self._connection.transport.sleep(min(pause, left))

    async def events(
        self, run_id: str, last_event_id: str | None = None, *, timeout: float | None = None, drafts: bool = False
    ) -> AsyncGenerator[WatchedEvent, None]:
        """What happens in the run, until it ends; from its beginning, or after `last_event_id`.

        With `drafts` also, as `DeltaEvent`, what the agent is writing just now: each replaces the one before, and
        counts until the next event. Raises `WaitTimeout` after `timeout` seconds, while the run goes on. A service
        that does not answer is asked again as `wait` says.
        """
        deadline = self._deadline(timeout)
        place = header(last_event_id, "last_event_id") if last_event_id else None
        try:
            async with aclosing(
                follow(self._connection, of_run(run_id, "stream"), place, deadline, drafts=drafts)
            ) as events:
                async for event in events:
                    yield event
        except TimeIsUp as late:
            raise WaitTimeout(await self.get_run(run_id), timeout or 0.0) from late

    async def list_events(self, run_id: str, after: str | None = None) -> list[WatchedEvent]:
        """What has happened in the run so far, or since the event `after`; does not wait for more."""
        return [event async for event in self.iter_events(run_id, after)]

    async def iter_events(self, run_id: str, after: str | None = None) -> AsyncGenerator[WatchedEvent, None]:
        """As `list_events`, page by page as they are asked for."""
        place = after
        while True:
            params = {} if place is None else {"after": one_text(place, "after")}
            page = await self._connection.read(EventPage, of_run(run_id, "events"), params=params)
            for event in page.events:
                yield event
            place = page.next_after
            if page.ended or not page.events:
                return

    async def get_steps(self, run_id: str) -> list[StepRead]:
        """The run's conversation so far."""
        return [step async for step in items(self._connection, StepRead, of_run(run_id, "steps"))]

    def _deadline(self, timeout: float | None) -> float | None:
        return None if timeout is None else self._connection.clock() + seconds(timeout, "timeout")

    def _is_past(self, deadline: float | None) -> bool:
        return deadline is not None and self._connection.clock() >= deadline

    def _ends_by(self, deadline: float | None) -> float:
        """When one question has to have been answered; even without time left there is enough for one."""
        last = self._connection.ends()
        return last if deadline is None else max(min(deadline, last), self._connection.clock() + _SHORTEST)


def _has_ended(run: RunRead) -> bool:
    return run.status.final


_SHORTEST = 0.5
"""Seconds that a question gets at least, so that `timeout=0` means: look once."""
