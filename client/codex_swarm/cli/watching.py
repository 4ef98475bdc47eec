"""Watch a run until it ends: a live view at a terminal, a line for each event elsewhere, or JSON."""

from __future__ import annotations

import time
from collections import deque
from http import HTTPStatus
from typing import Protocol

import typer
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from codex_swarm.cli import output as words
from codex_swarm.cli.exits import Exit, of_run
from codex_swarm.cli.output import Output
from codex_swarm.cli.session import Session
from codex_swarm.cli.showing import FILES_SHOWN, show_run
from codex_swarm.cli.telling import deciding, in_words
from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import BadRequest
from codex_swarm.hooks import Exchange
from codex_swarm.models import (
    DeltaEvent,
    ErrorEvent,
    PlanEvent,
    ProgressEvent,
    ResetEvent,
    RunRead,
    RunStatus,
    StatusEvent,
    StepEvent,
    WatchedEvent,
    WorkspaceFileListing,
)
from codex_swarm.text import printable

STEPS_SHOWN = 8
"""Steps that the live view shows, the last ones."""

DRAFT_LINES = 6
"""Lines that it shows of what the agent is writing, the last ones."""


SETTLING = 30.0
"""Seconds that a run has to show the end that its events told."""


class View(Protocol):
    """Whoever shows what happens."""

    def began(self, run: RunRead) -> None:
        """The run as it is when watching begins."""

    def happened(self, event: WatchedEvent) -> None:
        """One event."""

    def ended(self, run: RunRead, files: WorkspaceFileListing) -> None:
        """The run at its end, and its first files."""

    def away(self, reason: str | None) -> None:
        """The service does not answer, or does again."""


def watch_to_its_end(session: Session, run: RunRead, timeout: float | None = None) -> None:
    """Shows what happens in the run until it ends; exits as the run ended, or as `--timeout` and Ctrl-C say."""
    output = session.output
    view: View = Lines(output)
    if output.as_json:
        view = JsonLines(output)
    elif output.is_terminal:
        view = LiveView(output)
    outage = Outage(view)
    with session.client(on_exchange=outage.heard) as client:
        view.began(run)
        try:
            for event in client.events(run.id, timeout=timeout, drafts=isinstance(view, LiveView)):
                view.happened(event)
        except KeyboardInterrupt:
            _stop(view)
            raise typer.Exit(_interrupted(session, client, run)) from None
        finally:
            _stop(view)
        # The run's events may say so a moment before the run itself does.
        ended = client.wait(run.id, SETTLING, poll=0.2)
        view.ended(ended, client.page_files(run.id, limit=FILES_SHOWN))
    raise typer.Exit(of_run(ended))


def _stop(view: View) -> None:
    if isinstance(view, LiveView):
        view.stop()


def _interrupted(session: Session, client: CodexSwarmClient, run: RunRead) -> Exit:
    """Whether the run is to be cancelled is for whoever pressed Ctrl-C to say; without a terminal it goes on."""
    output = session.output
    try:
        if output.is_terminal and typer.confirm("\nCancel the run, too?", default=False, err=True):
            client.cancel_run(run.id)
            output.remark("cancelled; what it has done so far stays")
            return Exit.CANCELLED
    except (KeyboardInterrupt, typer.Abort):
        pass
    except BadRequest as error:
        output.remark(error.detail)
        return of_run(client.get_run(run.id))
    output.remark("the run goes on; watch it again with: codex-swarm watch ", run.id)
    return Exit.INTERRUPTED


class Outage:
    """Hears of each request, and tells the view when none is answered any more, and when one is again."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._is_away = False

    def heard(self, exchange: Exchange) -> None:
        """One request, and what came of it."""
        failed = exchange.error is not None or (exchange.status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR
        if failed != self._is_away:
            self._is_away = failed
            self._view.away((exchange.error or f"status {exchange.status}") if failed else None)


class JsonLines:
    """A line of JSON for each event, between the run as it began and as it ended."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def began(self, run: RunRead) -> None:
        """As `{"type": "run", "run": {...}}`."""
        self._output.json_line({"type": "run", "run": run})

    def happened(self, event: WatchedEvent) -> None:
        """As in the API."""
        self._output.json_line(event)

    def ended(self, run: RunRead, files: WorkspaceFileListing) -> None:
        """As `began`, with its first files beside it."""
        self._output.json_line({"type": "run", "run": run, "files": files.files, "total_files": files.total_files})

    def away(self, reason: str | None) -> None:
        """Nothing: it is not about the run."""


class Lines:
    """A line for each event, for logs and pipes."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._run: RunRead | None = None

    def began(self, run: RunRead) -> None:
        """The run's id and project."""
        self._run = run
        self._output.line(f"run {run.id} in project {run.project_id}, {run.task_type}")

    def happened(self, event: WatchedEvent) -> None:
        """What the event tells."""
        told = in_words(event)
        if told:
            self._output.line(f"{told[0]:<10} {told[1]}")
        if command := deciding(event, self._run):
            self._output.remark("decide it with: ", command)

    def ended(self, run: RunRead, files: WorkspaceFileListing) -> None:
        """The whole run."""
        show_run(self._output, run, files)

    def away(self, reason: str | None) -> None:
        """On stderr."""
        self._output.remark(f"no answer ({reason}); trying again" if reason else "the service answers again")


class LiveView:
    """One picture of the run that changes as it goes: status, progress, the last steps, errors."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._run: RunRead | None = None
        self._status = RunStatus.QUEUED
        self._percent = 0
        self._message = ""
        self._steps: deque[Text] = deque(maxlen=STEPS_SHOWN)
        self._errors: list[Text] = []
        self._draft = DeltaEvent()
        self._away = ""
        self._since = time.monotonic()
        self._spinner = Spinner("dots")
        self._live = Live(self, console=output.out, refresh_per_second=8, transient=True)

    def began(self, run: RunRead) -> None:
        """Shows the run."""
        self._run, self._status, self._percent, self._plan = run, run.status, run.progress, run.plan
        self._live.start()

    def stop(self) -> None:
        """Takes the picture away; what follows is printed below."""
        self._live.stop()

    def happened(self, event: WatchedEvent) -> None:
        """Changes the picture."""
        self._draft = event if isinstance(event, DeltaEvent) else DeltaEvent()
        match event:
            case DeltaEvent():
                pass
            case StatusEvent():
                self._status = event.status
            case ProgressEvent():
                self._percent, self._message = event.percent, event.message
            case PlanEvent():
                self._plan = event.steps
            case ErrorEvent():
                self._errors.append(Text(printable(event.error.error), style="red"))
                self._errors.append(Text(printable(event.error.suggestion), style="yellow"))
            case ResetEvent():
                self._steps.clear()
                self._errors.clear()
            case _:
                if told := in_words(event):
                    failed = isinstance(event, StepEvent) and event.ok is False
                    line = Text.assemble((f"{told[0]:<10} ", "bold red" if failed else "bold"), printable(told[1]))
                    self._steps.append(line)
                if command := deciding(event, self._run):
                    self._steps.append(Text(f"{'':<10} {printable(command)}", style="yellow"))

    def ended(self, run: RunRead, files: WorkspaceFileListing) -> None:
        """The whole run in place of the picture."""
        show_run(self._output, run, files)

    def away(self, reason: str | None) -> None:
        """In the picture."""
        self._away = f"no answer ({reason}); trying again" if reason else ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The picture of this moment."""
        run = self._run
        head = Table.grid(padding=(0, 1))
        head.add_row(
            self._spinner,
            words.status(self._status),
            Text(printable((run.name or run.id) if run else ""), style="bold", no_wrap=True, overflow="ellipsis"),
            Text(words.lasting(time.monotonic() - self._since), style="dim"),
        )
        bar = Table.grid(padding=(0, 1))
        bar.add_row(ProgressBar(100, self._percent, width=40), f"{self._percent:3d} %", Text(printable(self._message)))
        steps = [_one_line(step) for step in self._steps]
        away = [Text(self._away, style="yellow")] if self._away else []
        plan = [Text(f"{_MARKS[step.status]} {printable(step.title)}", style="dim") for step in self._plan]
        yield Group(
            head,
            bar,
            *plan,
            *steps,
            *_drafted(self._draft),
            *self._errors,
            *away,
            Text("Ctrl-C stops watching", style="dim"),
        )


def _drafted(draft: DeltaEvent) -> list[Text]:
    """The last lines of what the agent is writing."""
    said = [Text(line, style="italic") for line in printable(draft.text).splitlines()[-DRAFT_LINES:]]
    if not draft.content:
        return said
    head = Text.assemble(("writing    ", "bold"), printable(draft.path or ""))
    return [*said, head, *(Text(line, style="dim") for line in printable(draft.content).splitlines()[-DRAFT_LINES:])]


_MARKS = {"pending": "○", "in_progress": "◐", "done": "●", "skipped": "–"}


def _one_line(step: Text) -> Text:
    line = step.copy()
    line.no_wrap, line.overflow = True, "ellipsis"
    return line
