"""Projects and runs of an earlier installation, as they are taken over."""

from pydantic import Field, JsonValue

from codex_swarm.models.runs import MachineSummary, PatternRead, RunError
from codex_swarm.models.wire import Asked, PlainText, RunStatus, TaskType, Timestamp, Wire


class ProjectImport(Asked):
    """A project of an earlier installation. What is known here already stays as it is."""

    name: PlainText = Field(default="", max_length=200)
    task_type: TaskType = TaskType.CODE
    domain_config: JsonValue = None
    created_at: Timestamp


class ArtifactImport(Asked):
    """An output of an imported run; its bytes are the file `artifacts/<id>` of the record."""

    id: str = Field(max_length=128, pattern=r"^[0-9A-Za-z_.:-]+$")
    kind: str = Field(max_length=64)
    path: str = Field(max_length=1_024)
    created_at: Timestamp


class RunImport(Asked):
    """A finished run of an earlier installation, under its own id."""

    id: str = Field(max_length=64, pattern=r"^[0-9A-Za-z_-]+$")
    name: PlainText = Field(default="", max_length=2_000)
    instructions: PlainText = Field(default="", description="What the user had asked for.")
    task_type: TaskType = TaskType.CODE
    status: RunStatus = Field(description="One of the final ones.")
    created_at: Timestamp
    ended_at: Timestamp
    reference_run_id: str | None = None
    workspace_from_run_id: str | None = None
    system_instructions: PlainText | None = None
    codex_thread_id: str | None = None
    errors: list[RunError] = Field(default_factory=list, max_length=100)
    machine_summary: MachineSummary | None = None
    pattern: PatternRead | None = None
    artifacts: list[ArtifactImport] = Field(default_factory=list, max_length=200)
    uploads: list[str] = Field(default_factory=list, max_length=10, description="With the files of its workspace.")
    record: str | None = Field(
        default=None, description="An upload with `steps.jsonl`, a StepEvent a line, and `artifacts/<id>`."
    )


class ImportCreate(Asked):
    """Takes a project of an earlier installation over, and one of its runs. For keys with the scope `import`."""

    project: ProjectImport
    run: RunImport | None = Field(default=None, description="At most 250,000 bytes of JSON, besides its files.")


class ImportRead(Wire):
    """What is here now."""

    project_id: str
    run_id: str | None = None
    imported: bool = Field(description="False when it was here already, and nothing has changed.")
