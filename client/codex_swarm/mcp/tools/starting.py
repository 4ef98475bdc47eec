"""Tools that start a run or a conversion."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from codex_swarm.mcp.answers.runs import RunState, state_of
from codex_swarm.mcp.problems import of_tool
from codex_swarm.mcp.tools.base import ProjectId, Toolset
from codex_swarm.models import Approval, DocumentTemplate, TaskType, ToolCreate
from codex_swarm.shaping import shaped


class StartingTools(Toolset):
    """The tools that begin work, and return at once."""

    async def start_run(
        self,
        instructions: Annotated[str, Field(description="What to do, in words. Name the file that is wanted.")],
        project_id: ProjectId = None,
        task_type: Annotated[TaskType | None, Field(description="The kind of work.")] = None,
        name: Annotated[str | None, Field(description="A short name, for people.")] = None,
        files: Annotated[dict[str, str] | None, Field(description="Small texts to work on, by path.")] = None,
        upload_ids: Annotated[list[str] | None, Field(description="Of upload_file.")] = None,
        from_run_id: Annotated[str | None, Field(description="Begin with the files of this run.")] = None,
        reference_run_id: Annotated[str | None, Field(description="Go on with this run's conversation.")] = None,
        from_turn: Annotated[int | None, Field(description="As this turn of it left them.")] = None,
        keep_conversation: Annotated[bool, Field(description="And with its whole conversation up to there.")] = False,
        result_schema: Annotated[
            dict[str, Any] | None, Field(description="A JSON Schema, where data is wanted: get_run has the `result`.")
        ] = None,
        criteria: Annotated[
            list[str | dict[str, Any]] | None,
            Field(
                description="What the work has to be like, each in words, or a check that asks no model, such as "
                '{"check": "contains_file", "path": "*.md"}; it is judged, and mended, before the end.'
            ),
        ] = None,
        document_template: Annotated[
            DocumentTemplate | None, Field(description="The look of the documents that it makes.")
        ] = None,
        interactive: Annotated[bool, Field(description="It may ask your user questions; you pass them on.")] = False,
        require_approval: Annotated[
            list[Approval] | None, Field(description="What it does only once your user has approved it.")
        ] = None,
        tools: Annotated[
            list[dict[str, Any]] | None,
            Field(
                description="Tools that you answer for it, each {name, description, parameters: a JSON Schema}."
                " It waits at each call; answer with decide."
            ),
        ] = None,
        model: Annotated[str | None, Field(description="Of list_models; usually left out.")] = None,
        effort: Annotated[str | None, Field(description="How much it is to reason; one of the model's.")] = None,
        hosted_tools: Annotated[
            list[str] | None, Field(description="To look things up, such as web_search; of the model's in list_models.")
        ] = None,
    ) -> RunState:
        """Start a task and return at once. Then call wait_run with the run_id."""
        with of_tool():
            run = await self._client.start_run(
                project_id or self._project,
                instructions,
                task_type,
                name,
                reference_run_id,
                from_run_id,
                files=files,
                uploads=upload_ids or (),
                interactive=interactive,
                require_approval=require_approval or (),
                tools=[shaped(ToolCreate, **each) for each in tools or ()],
                result_schema=result_schema,
                acceptance={"criteria": criteria} if criteria else None,
                from_turn=from_turn,
                keep_conversation=keep_conversation,
                document_template=document_template,
                model=model,
                effort=effort,
                hosted_tools=hosted_tools or (),
            )
        return state_of(run)

    async def convert_document(
        self,
        source: Annotated[str, Field(description="The document's path: in the run, or as it was uploaded.")],
        target: Annotated[str, Field(description="The file to make; its suffix is the format, such as plan.pdf.")],
        project_id: ProjectId = None,
        from_run_id: Annotated[str | None, Field(description="The run that has the document.")] = None,
        upload_ids: Annotated[list[str] | None, Field(description="Of upload_file.")] = None,
        files: Annotated[dict[str, str] | None, Field(description="Small texts to convert, by path.")] = None,
        template: Annotated[DocumentTemplate | None, Field(description="A look; slides for pptx.")] = None,
    ) -> RunState:
        """Convert one document to another format, without an agent. Then call wait_run with the run_id."""
        with of_tool():
            run = await self._client.convert(
                project_id or self._project,
                source,
                target,
                from_run_id=from_run_id,
                uploads=upload_ids or (),
                files=files,
                template=template,
            )
        return state_of(run)
