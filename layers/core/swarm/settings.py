"""The settings of a deployed function, read from its environment once; no other module reads it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from swarm.ids import RunKey

ADVICE = "set it, or set CROSS_RUN_FAKE_SWARM=1 for the deterministic offline model"


def origins_of(text: str) -> frozenset[str]:
    """The origins in a text that has commas between them."""
    return frozenset(filter(None, map(str.strip, text.split(","))))


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator sets in `template.yaml`; its parameters explain each one."""

    table_name: str = ""
    bucket_name: str = ""
    state_machine_arn: str = ""
    archive_function: str = ""
    preview_function: str = ""
    sandbox_function: str = ""
    convert_function: str = ""
    isolate_by: str = "run"
    janitor_function: str = ""
    api_function: str = ""
    api_url: str = ""
    new_version: str = ""
    edge_secret: str = ""
    jwt_issuer: str = ""
    jwt_audience: str = ""
    jwt_tenant_claim: str = ""
    jwt_scopes_claim: str = ""
    jwt_scope_prefix: str = ""
    cors_origins: frozenset[str] = frozenset()
    webhook_machine_arn: str = ""
    webhook_loopback: bool = False
    stage: str = "dev"
    openai_model: str = ""
    openai_secret_name: str = ""
    openai_base_url: str = ""
    models: str = ""
    providers: str = ""
    hosted_tools: str = ""
    otlp_endpoint: str = ""
    otlp_headers_secret: str = ""
    secret_prefix: str = ""
    offline: bool = False
    skip_commands: bool = False
    max_active_runs: int = 10
    max_queued_runs: int = 1_000
    max_stored_gigabytes: int = 50
    max_requests_per_second: int = 0
    max_watchers: int = 20
    max_uploads: int = 100
    max_archives: int = 4
    max_previews: int = 8
    max_diffs: int = 8
    watch_seconds: float = 0.0
    run_limits: str = ""
    model_prices: str = ""
    usage_metadata: tuple[str, ...] = ()
    retention_days: int = 90
    log_retention_days: int = 30

    def secret_of(self, provider: str) -> str:
        """The name of the secret with the key of one of `providers`; empty where nobody has said it."""
        if provider == "openai" and self.openai_secret_name:
            return self.openai_secret_name
        return f"{self.secret_prefix}/providers/{provider}" if self.secret_prefix else ""

    def secret_of_tenant(self, tenant_id: str, provider: str) -> str:
        """The name of the secret with a tenant's own key of a provider."""
        return f"{self.secret_prefix}/tenants/{tenant_id}/{provider}"

    def secret_of_tool(self, name: str) -> str:
        """The name of the secret with the token of one of `hosted_tools`; empty where nobody has said it."""
        return f"{self.secret_prefix}/hosted-tools/{name}" if self.secret_prefix else ""

    def isolation_id(self, key: RunKey) -> str:
        """Whose environment a run's untrusted work is done in, as Lambda takes it: the run's own, or its tenant's.

        It is a `TenantId` of Lambda's, which has few characters. Two tenants never have the same one, whatever ids
        their runs have.
        """
        tenant = sha256(key.tenant_id.encode()).hexdigest()[:32]
        return f"tenant.{tenant}" if self.isolate_by == "tenant" else f"run.{key.run_id}.{tenant}"

    @staticmethod
    def of(environment: Mapping[str, str]) -> Settings:
        """The settings that an environment holds."""
        read, otherwise = environment.get, Settings()
        return Settings(
            table_name=read("TABLE_NAME", ""),
            bucket_name=read("BUCKET_NAME", ""),
            state_machine_arn=read("STATE_MACHINE_ARN", ""),
            archive_function=read("ARCHIVE_FUNCTION", ""),
            preview_function=read("PREVIEW_FUNCTION", ""),
            sandbox_function=read("SANDBOX_FUNCTION", ""),
            convert_function=read("CONVERT_FUNCTION", ""),
            isolate_by=read("ISOLATE_BY") or "run",
            janitor_function=read("JANITOR_FUNCTION", ""),
            api_function=read("API_FUNCTION", ""),
            api_url=read("API_URL", ""),
            new_version=read("NEW_VERSION", ""),
            edge_secret=read("EDGE_SECRET", ""),
            jwt_issuer=read("JWT_ISSUER", ""),
            jwt_audience=read("JWT_AUDIENCE", ""),
            jwt_tenant_claim=read("JWT_TENANT_CLAIM", ""),
            jwt_scopes_claim=read("JWT_SCOPES_CLAIM", ""),
            jwt_scope_prefix=read("JWT_SCOPE_PREFIX", ""),
            cors_origins=origins_of(read("CORS_ORIGINS", "")),
            webhook_machine_arn=read("WEBHOOK_MACHINE_ARN", ""),
            webhook_loopback=read("WEBHOOK_LOOPBACK") == "1" and read("STAGE") == "local",
            stage=read("STAGE", "dev"),
            openai_model=read("OPENAI_MODEL", ""),
            openai_secret_name=read("OPENAI_SECRET_NAME", ""),
            openai_base_url=read("OPENAI_BASE_URL", ""),
            models=read("MODELS", ""),
            providers=read("PROVIDERS", ""),
            hosted_tools=read("HOSTED_TOOLS", ""),
            otlp_endpoint=read("OTLP_ENDPOINT", ""),
            otlp_headers_secret=read("OTLP_HEADERS_SECRET", ""),
            secret_prefix=read("SECRET_PREFIX", ""),
            offline=read("CROSS_RUN_FAKE_SWARM") == "1",
            skip_commands=read("CROSS_RUN_FAKE_CODEX") == "1",
            max_active_runs=int(read("MAX_ACTIVE_RUNS") or otherwise.max_active_runs),
            max_queued_runs=int(read("MAX_QUEUED_RUNS") or otherwise.max_queued_runs),
            max_stored_gigabytes=int(read("MAX_STORED_GIGABYTES") or otherwise.max_stored_gigabytes),
            max_requests_per_second=int(read("MAX_REQUESTS_PER_SECOND") or otherwise.max_requests_per_second),
            max_watchers=int(read("MAX_WATCHERS") or otherwise.max_watchers),
            max_uploads=int(read("MAX_UPLOADS") or otherwise.max_uploads),
            max_archives=int(read("MAX_ARCHIVES") or otherwise.max_archives),
            max_previews=int(read("MAX_PREVIEWS") or otherwise.max_previews),
            max_diffs=int(read("MAX_DIFFS") or otherwise.max_diffs),
            watch_seconds=float(read("WATCH_SECONDS") or otherwise.watch_seconds),
            run_limits=read("RUN_LIMITS", ""),
            model_prices=read("MODEL_PRICES", ""),
            usage_metadata=tuple(filter(None, (each.strip() for each in read("USAGE_METADATA", "").split(",")))),
            retention_days=int(read("RETENTION_DAYS") or otherwise.retention_days),
            log_retention_days=int(read("LOG_RETENTION_DAYS") or otherwise.log_retention_days),
        )


def trace_header() -> str:
    """The trace that this invocation is a part of, as Lambda hands it over (`Root=...;Parent=...;Sampled=...`).

    Empty outside of Lambda. It is another with each invocation, so it is no setting of the process.
    """
    return os.environ.get("_X_AMZN_TRACE_ID", "")


def trace_root() -> str:
    """The id of that trace, which every line of the log has as `xray_trace_id`; empty without one."""
    return trace_header().partition("Root=")[2].partition(";")[0]


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings.of(os.environ)
