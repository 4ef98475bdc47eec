"""The client: one method for each thing that the service can do.

with CodexSwarmClient() as swarm:
    run = swarm.start_run("my-workspace", "Create a markdown file called hello.md with a greeting")
    run = swarm.wait(run.run_id, on_progress=lambda run: print(run.progress))
    print(swarm.get_file_text(run.run_id, "hello.md"))

Each method is the coroutine of `codex_swarm.calls` that has its name, driven to its end: see `codex_swarm.transports`.
"""

from __future__ import annotations

import copy
import functools
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from dataclasses import replace
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, Unpack

import httpx

from codex_swarm import settings
from codex_swarm.calls.batches import BatchCalls
from codex_swarm.calls.conversions import ConversionCalls
from codex_swarm.calls.costs import CostCalls
from codex_swarm.calls.keys import KeyCalls
from codex_swarm.calls.schedules import ScheduleCalls
from codex_swarm.calls.searching import SearchCalls
from codex_swarm.calls.skills import SkillCalls
from codex_swarm.calls.tenants import TenantCalls
from codex_swarm.calls.webhooks import WebhookCalls
from codex_swarm.connection import Connection
from codex_swarm.hooks import Exchange
from codex_swarm.options import Options, call_policy
from codex_swarm.transports import BlockingTransport, drive, drive_each

P = ParamSpec("P")
T = TypeVar("T")


class _Calls(
    SkillCalls,
    BatchCalls,
    ScheduleCalls,
    ConversionCalls,
    SearchCalls,
    WebhookCalls,
    KeyCalls,
    CostCalls,
    TenantCalls,
):
    """All calls, over a blocking transport."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection


class _Blocking:
    _calls: _Calls


def _call(
    method: Callable[Concatenate[_Calls, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[_Blocking, P], T]:
    @functools.wraps(method)
    def blocking(self: _Blocking, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return drive(method(self._calls, *args, **kwargs))

    return blocking


def _each(
    method: Callable[Concatenate[_Calls, P], AsyncGenerator[T, None]],
) -> Callable[Concatenate[_Blocking, P], Generator[T, None, None]]:
    @functools.wraps(method)
    def blocking(self: _Blocking, /, *args: P.args, **kwargs: P.kwargs) -> Generator[T, None, None]:
        return drive_each(method(self._calls, *args, **kwargs))

    return blocking


class CodexSwarmClient(_Blocking):
    """A connection to one service, and what can be asked of it. Usable as a context manager, and from any thread.

    `base_url` and `api_key` default to `CODEX_SWARM_URL` and `CODEX_SWARM_API_KEY`, and without them to a laptop cloud
    on this machine. `timeout`, `retries`, `call_timeout` and `outage` say how patient it is (`Options`).
    `on_exchange` is told of each request and what came of it. After a fork, parent and child have connections of
    their own. Every method raises `CodexSwarmError`s: `ApiError` when the service refuses, `TransportError` when it
    does not answer, `InvalidArgument` before anything is sent. `transport`, `sleep` and `clock` are for tests.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        on_exchange: Callable[[Exchange], None] | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        **options: Unpack[Options],
    ) -> None:
        self.base_url = settings.base_url(base_url)
        self._connection = Connection(
            self.base_url,
            settings.api_key(api_key),
            BlockingTransport(proxies=not settings.is_loopback(self.base_url), transport=transport, sleep=sleep),
            call_policy(None, options),
            clock,
            on_exchange,
        )
        self._calls = _Calls(self._connection)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.base_url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections; nothing can be asked any more."""
        drive(self._connection.transport.close())

    def with_options(self, **options: Unpack[Options]) -> Self:
        """A client of the same service, key and connections, with other timeouts and retries."""
        connection = replace(self._connection, policy=call_policy(self._connection.policy, options))
        other = copy.copy(self)
        vars(other).update(_connection=connection, _calls=_Calls(connection))
        return other

    # Projects and patterns
    health = _call(_Calls.health)
    get_usage = _call(_Calls.get_usage)
    list_models = _call(_Calls.list_models)
    put_project = _call(_Calls.put_project)
    create_project = put_project
    get_project = _call(_Calls.get_project)
    list_projects = _call(_Calls.list_projects)
    iter_projects = _each(_Calls.iter_projects)
    page_projects = _call(_Calls.page_projects)
    delete_project = _call(_Calls.delete_project)
    get_pattern = _call(_Calls.get_pattern)
    list_patterns = _call(_Calls.list_patterns)
    delete_pattern = _call(_Calls.delete_pattern)

    # Skills
    put_skill = _call(_Calls.put_skill)
    list_skills = _call(_Calls.list_skills)
    get_skill = _call(_Calls.get_skill)
    delete_skill = _call(_Calls.delete_skill)

    # Runs
    start_run = _call(_Calls.start_run)
    convert = _call(_Calls.convert)
    follow_up = _call(_Calls.follow_up)
    resume_run = _call(_Calls.resume_run)
    send_message = _call(_Calls.send_message)
    withdraw_message = _call(_Calls.withdraw_message)
    decide = _call(_Calls.decide)
    run_with_tools = _call(_Calls.run_with_tools)
    go_on_with_tools = _call(_Calls.go_on_with_tools)
    get_thread = _call(_Calls.get_thread)
    create_run_token = _call(_Calls.create_run_token)
    create_upload_token = _call(_Calls.create_upload_token)
    get_run = _call(_Calls.get_run)
    list_runs = _call(_Calls.list_runs)
    iter_runs = _each(_Calls.iter_runs)
    page_runs = _call(_Calls.page_runs)
    cancel_run = _call(_Calls.cancel_run)
    delete_run = _call(_Calls.delete_run)
    import_run = _call(_Calls.import_run)

    # Schedules
    put_schedule = _call(_Calls.put_schedule)
    list_schedules = _call(_Calls.list_schedules)
    get_schedule = _call(_Calls.get_schedule)
    pause_schedule = _call(_Calls.pause_schedule)
    resume_schedule = _call(_Calls.resume_schedule)
    delete_schedule = _call(_Calls.delete_schedule)

    # Batches
    start_batch = _call(_Calls.start_batch)
    get_batch = _call(_Calls.get_batch)
    list_batches = _call(_Calls.list_batches)
    iter_batches = _each(_Calls.iter_batches)
    page_batches = _call(_Calls.page_batches)
    wait_batch = _call(_Calls.wait_batch)
    get_batch_report = _call(_Calls.get_batch_report)
    get_batch_table = _call(_Calls.get_batch_table)
    cancel_batch = _call(_Calls.cancel_batch)
    retry_batch = _call(_Calls.retry_batch)
    delete_batch = _call(_Calls.delete_batch)

    # Watching
    wait = _call(_Calls.wait)
    events = _each(_Calls.events)
    list_events = _call(_Calls.list_events)
    iter_events = _each(_Calls.iter_events)
    get_steps = _call(_Calls.get_steps)

    # Files and artifacts
    list_files = _call(_Calls.list_files)
    iter_files = _each(_Calls.iter_files)
    page_files = _call(_Calls.page_files)
    get_file = _call(_Calls.get_file)
    get_file_text = _call(_Calls.get_file_text)
    download_file = _call(_Calls.download_file)
    download_archive = _call(_Calls.download_archive)
    get_preview = _call(_Calls.get_preview)
    get_diff = _call(_Calls.get_diff)
    get_patch = _call(_Calls.get_patch)
    get_diff_page = _call(_Calls.get_diff_page)
    search_run = _call(_Calls.search_run)
    search_project = _call(_Calls.search_project)
    read_texts = _call(_Calls.read_texts)
    get_artifacts = _call(_Calls.get_artifacts)
    get_artifact = _call(_Calls.get_artifact)

    # Many files at once
    upload_files = _call(_Calls.upload_files)
    download_workspace = _call(_Calls.download_workspace)
    mirror = _call(_Calls.mirror)

    # Webhooks
    get_webhook_secret = _call(_Calls.get_webhook_secret)
    rotate_webhook_secret = _call(_Calls.rotate_webhook_secret)
    ping_webhook = _call(_Calls.ping_webhook)
    list_webhook_deliveries = _call(_Calls.list_webhook_deliveries)
    iter_webhook_deliveries = _each(_Calls.iter_webhook_deliveries)
    page_webhook_deliveries = _call(_Calls.page_webhook_deliveries)
    get_webhook_delivery = _call(_Calls.get_webhook_delivery)
    redeliver_webhook = _call(_Calls.redeliver_webhook)

    # Keys
    create_key = _call(_Calls.create_key)
    list_keys = _call(_Calls.list_keys)
    iter_keys = _each(_Calls.iter_keys)
    page_keys = _call(_Calls.page_keys)
    get_key = _call(_Calls.get_key)
    rotate_key = _call(_Calls.rotate_key)
    revoke_key = _call(_Calls.revoke_key)

    # Costs
    get_usage_report = _call(_Calls.get_usage_report)
    get_usage_csv = _call(_Calls.get_usage_csv)
    get_budget = _call(_Calls.get_budget)
    put_budget = _call(_Calls.put_budget)

    # Tenants, for operators
    list_tenants = _call(_Calls.list_tenants)
    iter_tenants = _each(_Calls.iter_tenants)
    page_tenants = _call(_Calls.page_tenants)
    get_tenant = _call(_Calls.get_tenant)
    set_tenant = _call(_Calls.set_tenant)
    export_tenant = _call(_Calls.export_tenant)
    erase_tenant = _call(_Calls.erase_tenant)
