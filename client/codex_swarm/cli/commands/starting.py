"""Start a run, go on with one, stop one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codex_swarm.cli.asking import accepting, instructions_of, schema_in, tools_in, words_of
from codex_swarm.cli.commands.finding import note
from codex_swarm.cli.sending import batches, files_of, texts
from codex_swarm.cli.sentences import SENTENCES
from codex_swarm.cli.session import ProjectId, RunId, Session
from codex_swarm.cli.templates import TEMPLATES, TemplateName
from codex_swarm.cli.watching import watch_to_its_end
from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import (
    Approval,
    DecisionKind,
    DocumentTemplate,
    MessageMode,
    MessageRead,
    RunLimits,
    RunRead,
    TaskType,
)


def run(
    session: Session,
    instructions: Annotated[
        str, typer.Argument(help="What to do, in words; `-` reads it from standard input.", show_default=False)
    ] = "",
    template: Annotated[
        TemplateName | None,
        typer.Option(help="Begin with the instructions of a template; see `templates`.", show_default=False),
    ] = None,
    task_type: Annotated[
        TaskType | None, typer.Option(help="The kind of work; the project's when left out.", show_default=False)
    ] = None,
    project_id: ProjectId = None,
    name: Annotated[str | None, typer.Option(help="For people.", show_default=False)] = None,
    reference_run_id: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Reuse what this run taught; `none` reuses nothing.", show_default=False),
    ] = None,
    from_run_id: Annotated[
        str | None, typer.Option(metavar="RUN", help="Begin with this run's files.", show_default=False)
    ] = None,
    from_turn: Annotated[
        int | None, typer.Option(min=0, help="As this turn of it left them.", show_default=False)
    ] = None,
    keep_conversation: Annotated[
        bool, typer.Option("--keep-conversation", help="Go on with its conversation, too.")
    ] = False,
    file: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="A small text file to send along, under its own name.", show_default=False),
    ] = None,
    upload: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="A file or folder of any size to upload.", show_default=False),
    ] = None,
    metadata: Annotated[
        list[str] | None,
        typer.Option("--metadata", "-m", metavar="KEY=VALUE", help="A note to find the run by.", show_default=False),
    ] = None,
    max_turns: Annotated[int | None, typer.Option(min=1, help="Answers of the model.", show_default=False)] = None,
    max_cost_usd: Annotated[float | None, typer.Option(help="What it may cost.", show_default=False)] = None,
    callback_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Who is told of the end.", show_default=False)
    ] = None,
    interactive: Annotated[bool, typer.Option("--interactive", help="The agent may ask; see `decide`.")] = False,
    require_approval: Annotated[
        list[Approval] | None,
        typer.Option(help="Stop before this until somebody approves it; may be given often.", show_default=False),
    ] = None,
    tools: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Tools of your own, a JSON list; the run waits for you at each call: `decide RUN output`.",
            show_default=False,
        ),
    ] = None,
    result_schema: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="A JSON Schema; the run ends with a result that fits.", show_default=False),
    ] = None,
    criterion: Annotated[
        list[str] | None,
        typer.Option(help="What the work has to be like, in words; may be given often.", show_default=False),
    ] = None,
    acceptance: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="The same with checks: JSON with `criteria`.", show_default=False),
    ] = None,
    max_rounds: Annotated[
        int | None, typer.Option(min=1, max=5, help="How often the work is judged.", show_default=False)
    ] = None,
    document_template: Annotated[
        DocumentTemplate | None,
        typer.Option(help="The look of the documents that it makes.", show_default=False),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="One of `codex-swarm models`; else the project's.", show_default=False)
    ] = None,
    effort: Annotated[
        str | None, typer.Option(help="How much the model is to reason, such as low or high.", show_default=False)
    ] = None,
    hosted_tool: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="One that the provider runs, such as web_search; may be given often.",
            show_default=False,
        ),
    ] = None,
    idempotency_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="The same key again gives the same run.", show_default=False)
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Watch it to its end.")] = False,
) -> None:
    """Start a run.

    Prints the run's id, and with --watch what happens until its end.

        codex-swarm run "Write a plan for the week to plan.md" --task-type document_writing --watch
        codex-swarm run --template security --upload src --watch
    """
    asked = instructions_of(instructions, template)
    project = session.project(project_id)
    kind = task_type or (TEMPLATES[template].task_type if template else None)
    limits = RunLimits(max_turns=max_turns, max_cost_usd=max_cost_usd) if max_turns or max_cost_usd else None
    with session.client() as client:
        uploads = _uploaded(session, client, project, files_of(upload or ()))
        started = client.start_run(
            project,
            asked,
            kind,
            name,
            reference_run_id,
            from_run_id,
            limits=limits,
            uploads=uploads,
            files=texts(file or ()),
            metadata=dict(map(note, metadata or ())),
            callback_url=callback_url,
            interactive=interactive,
            require_approval=require_approval or (),
            tools=tools_in(tools),
            result_schema=schema_in(result_schema),
            acceptance=accepting(criterion or [], acceptance, max_rounds),
            from_turn=from_turn,
            keep_conversation=keep_conversation,
            document_template=document_template,
            model=model,
            effort=effort,
            hosted_tools=hosted_tool or (),
            idempotency_key=idempotency_key,
        )
    _told(session, started, watch=watch)


def resume(
    session: Session,
    run_id: RunId,
    max_turns: Annotated[int | None, typer.Option(min=1, help="Answers of the model.", show_default=False)] = None,
    max_cost_usd: Annotated[float | None, typer.Option(help="What it may cost.", show_default=False)] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Watch it to its end.")] = False,
) -> None:
    """Go on, in a new run, from where a limit ended a run."""
    limits = RunLimits(max_turns=max_turns, max_cost_usd=max_cost_usd) if max_turns or max_cost_usd else None
    with session.client() as client:
        resumed = client.resume_run(run_id, limits)
    _told(session, resumed, watch=watch)


def message(
    session: Session,
    run_id: RunId,
    text: Annotated[str, typer.Argument(help="What to say; `-` reads it from standard input.", show_default=False)],
    followup: Annotated[
        bool, typer.Option("--followup", help="Read when the agent would finish, not before its next turn.")
    ] = False,
    file: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="A small text file to send along, under its own name.", show_default=False),
    ] = None,
    upload: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="A file or folder of any size to upload.", show_default=False),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Watch the run, or the new one, to its end.")] = False,
) -> None:
    """Say something to a run.

    An active run reads it; after the end of a run, a new one goes on with its files and its conversation.

        codex-swarm message RUN "Shorter, and add the budget" --watch
    """
    said = words_of(text)
    with session.client() as client:
        files = files_of(upload or ())
        uploads = _uploaded(session, client, client.get_run(run_id).project_id, files) if files else []
        mode = MessageMode.FOLLOWUP if followup else MessageMode.STEER
        sent = client.send_message(run_id, said, mode, uploads=uploads, files=texts(file or ()))
        if isinstance(sent, MessageRead) and watch:
            watch_to_its_end(session, client.get_run(run_id))
            return
    if isinstance(sent, RunRead):
        _told(session, sent, watch=watch)
    else:
        session.output.result(sent, "said to ", (run_id, "bold"), f": {sent.id}")


def withdraw(
    session: Session,
    run_id: RunId,
    message_id: Annotated[str, typer.Argument(help="As `message` printed it.", show_default=False)],
) -> None:
    """Take back a message that a run has not read."""
    with session.client() as client:
        client.withdraw_message(run_id, message_id)
    session.output.result({"withdrawn": message_id}, "withdrawn ", (message_id, "bold"))


def decide(
    session: Session,
    run_id: RunId,
    decision: Annotated[DecisionKind, typer.Argument(help="What you decide.", show_default=False)],
    text: Annotated[str, typer.Argument(help="The answer; or what the agent should know besides.")] = "",
    request_id: Annotated[
        str | None,
        typer.Option(metavar="REQUEST", help="Else the first that the run waits for; see `show`.", show_default=False),
    ] = None,
    by: Annotated[str, typer.Option(help="Who decides, for the record.", show_default=False)] = "",
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Watch the run to its end.")] = False,
) -> None:
    """Answer a question of a run, or approve or deny what it would do.

    `codex-swarm runs --waiting` lists the runs that wait for somebody.

        codex-swarm decide RUN answer "4,200 euros" --watch
        codex-swarm decide RUN deny "Keep the old file"
    """
    with session.client() as client:
        decided = client.decide(run_id, decision, text, request_id=request_id, decided_by=by)
    if watch:
        with session.client() as client:
            watch_to_its_end(session, client.get_run(run_id))
        return
    session.output.result(decided, f"{decision.value}: ", (run_id, "bold"))


def cancel(session: Session, run_id: RunId) -> None:
    """Stop a run. What it has done so far stays."""
    with session.client() as client:
        cancelled = client.cancel_run(run_id)
    session.output.result(cancelled, "cancelled ", (run_id, "bold"))


def templates(session: Session) -> None:
    """List the templates of `run --template`."""
    rows = ((name.value, template.task_type.value, template.title) for name, template in TEMPLATES.items())
    session.output.listing(
        {name: template._asdict() for name, template in TEMPLATES.items()}, ["name", "task type", "what"], rows
    )


def offline(session: Session) -> None:
    """List what the offline model understands, for tests that need no provider.

    With CROSS_RUN_FAKE_SWARM=1, or in the test kit, instructions of these sentences always come to the same.
    """
    output = session.output
    if output.as_json:
        output.json([{"sentence": each.text, "does": each.plain} for each in SENTENCES])
        return
    output.table(["sentence", "what it does"], [(each.text, each.plain) for each in SENTENCES])


def _uploaded(session: Session, client: CodexSwarmClient, project: str, files: dict[str, Path]) -> list[str]:
    if files:
        session.output.remark((f"uploading {len(files)} file{'s' * (len(files) != 1)}", "dim"))
    return [client.upload_files(project, batch) for batch in batches(files)]


def _told(session: Session, started: RunRead, *, watch: bool) -> None:
    output = session.output
    if watch:
        watch_to_its_end(session, started)
    elif output.as_json:
        output.json(started)
    else:
        output.line(started.id)
        if output.is_terminal:
            output.remark((f"codex-swarm watch {started.id}", "dim"))
