"""What the service measures of itself: each measurement is a line of the log, which CloudWatch reads as metrics.

The lines are in the embedded metric format (docs.aws.amazon.com, "Specification: Embedded metric format"), so measuring
calls nothing, needs no permission, and cannot fail a run. A process that is killed before it has written a line loses
that measurement: what has to be exact is in the table, and not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from swarm.settings import settings

NAMESPACE = "CodexSwarm"
STAGE = "stage"
"""The dimension that every metric has: two deployments in one account are counted apart."""

_WRITING = Lock()
"""A line is written in two parts, and a look for due schedules has several threads (`swarm.lifecycle.scheduling`)."""


@dataclass(frozen=True, slots=True)
class Metric:
    """Something that is measured, and by which dimensions it is told apart.

    With dimensions a and b there are sums for the stage, for the stage and a, and for the stage, a and b. A custom
    metric costs for each combination of values that occurs, so nothing that a tenant can choose is a dimension. A
    `gauge` is how much there is at a moment; everything else happens, and is added up.
    """

    name: str
    unit: MetricUnit
    meaning: str
    by: tuple[str, ...] = ()
    gauge: bool = False


RUNS_ENDED = Metric(
    "RunsEnded",
    MetricUnit.Count,
    "Runs that ended: `succeeded`, `failed` or `cancelled`, and of what (docs/errors.md; `none` where of nothing)",
    by=("status", "error_type"),
)
RUN_SECONDS = Metric("RunSeconds", MetricUnit.Seconds, "From the beginning of a run's work to its end, less waits")
QUEUED_SECONDS = Metric("QueuedSeconds", MetricUnit.Seconds, "From the creation of a run to the beginning of its work")
TURNS = Metric("Turns", MetricUnit.Count, "Turns of a model that were committed", by=("model",))
MODEL_SECONDS = Metric("ModelSeconds", MetricUnit.Seconds, "From asking for a turn to committing it", by=("model",))
INPUT_TOKENS = Metric("InputTokens", MetricUnit.Count, "As the provider counts them, with cached ones", by=("model",))
CACHED_TOKENS = Metric("CachedTokens", MetricUnit.Count, "Those of the input that cost less", by=("model",))
OUTPUT_TOKENS = Metric("OutputTokens", MetricUnit.Count, "As the provider counts them, with reasoning", by=("model",))
COST = Metric("CostUsd", MetricUnit.NoUnit, "US dollars, where the model has a price (docs/models.md)", by=("model",))
BUDGET_STOPS = Metric(
    "BudgetStops",
    MetricUnit.Count,
    "Turns and new runs that did not begin because a budget was used up, `daily` or `monthly`",
    by=("period",),
)
TOOL_SECONDS = Metric("ToolSeconds", MetricUnit.Seconds, "Calls of one turn that the agent's function does itself")
PROVIDER_CALLS = Metric("ProviderCalls", MetricUnit.Count, "Requests to providers of models, each attempt counted")
PROVIDER_ERRORS = Metric(
    "ProviderErrors", MetricUnit.Count, "Requests to providers that came to nothing, and why", by=("error_type",)
)
JOBS = Metric(
    "Jobs",
    MetricUnit.Count,
    "Jobs by who does them, `sandbox` or `convert`, and whether they were `done` or had to be given up, `failed`",
    by=("executor", "outcome"),
)
JOB_SECONDS = Metric("JobSeconds", MetricUnit.Seconds, "A call of the sandbox, or of a conversion", by=("executor",))
WEBHOOKS = Metric(
    "WebhookAttempts",
    MetricUnit.Count,
    "Attempts to tell a receiver: `delivered`, `pending` where there will be another, `dead` after the last",
    by=("status",),
)
RUNS_REPAIRED = Metric("RunsRepaired", MetricUnit.Count, "Runs that reconciliation started, ended or stopped counting")
RUNS_BROKEN = Metric("RunsBroken", MetricUnit.Count, "Runs that a round of reconciliation could not help")
ACTIVE_RUNS = Metric("ActiveRuns", MetricUnit.Count, "Runs that are worked on", gauge=True)
QUEUED_RUNS = Metric("QueuedRuns", MetricUnit.Count, "Runs that wait for their turn", gauge=True)
OLDEST_ACTIVE = Metric(
    "OldestActiveSeconds", MetricUnit.Seconds, "How long the work that began first takes, less waits", gauge=True
)
OLDEST_QUEUED = Metric(
    "OldestQueuedSeconds", MetricUnit.Seconds, "How long the run waits that was created first", gauge=True
)
RUNS_REMOVED = Metric("RunsRemoved", MetricUnit.Count, "Runs that the janitor removed, because of their age")
FILES_SWEPT = Metric("FilesSwept", MetricUnit.Count, "Versions of files that the janitor removed, named by nothing")
PROJECTS_CLEARED = Metric("ProjectsCleared", MetricUnit.Count, "Deleted projects of which nothing is left")
CLEANUPS_FAILED = Metric("CleanupsFailed", MetricUnit.Count, "Projects that a round of the janitor could not clear")
REQUESTS_FAILED = Metric(
    "RequestsFailed", MetricUnit.Count, "Requests that were answered with 500, for a fault of ours"
)
CANARY = Metric("CanarySucceeded", MetricUnit.Count, "1 where the canary's run came to its end, 0 where not")
CANARY_SECONDS = Metric("CanarySeconds", MetricUnit.Seconds, "How long the canary's run took")

METRICS = tuple(each for each in list(globals().values()) if isinstance(each, Metric))


def record(values: Mapping[Metric, float], **dimensions: str) -> None:
    """Write these measurements down, as of now. Those of one call have the same dimensions, and no others."""
    line = AmazonCloudWatchEMFProvider(
        # Powertools would add the service to some sets of dimensions, and not to others.
        service="",
        namespace=NAMESPACE,
        default_dimensions={STAGE: settings().stage},
    )
    for metric, value in values.items():
        if metric.by != tuple(dimensions):
            raise ValueError(f"{metric.name} is told apart by {metric.by}, not {tuple(dimensions)}")
        line.add_metric(metric.name, metric.unit, value)
    for count in range(1, len(dimensions) + 1):
        line.add_dimensions(**dict(list(dimensions.items())[:count]))
    with _WRITING:
        line.flush_metrics()
