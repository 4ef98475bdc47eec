"""The models that runs may use: what each costs and takes, and which provider serves it, as the operator says.

`Models`, `Providers` and `HostedTools` of the template say it, as JSON. Without them there is one model, that of
`OpenAIModel`, prices and context sizes come from `ModelPrices`, as before there was a list, and nothing is hosted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from codex_swarm.models import ModelName, TaskType
from swarm.adapters import adapter
from swarm.errors import EffortNotAllowed, ModelNotAllowed, NotConfigured
from swarm.runs.hosted_tools import HostedTool, hosted_tools_of
from swarm.runs.usage import Price, prices_of
from swarm.settings import ADVICE, Settings

OFFLINE = "offline"
"""The model that needs no provider."""

OPENAI = "openai"
"""The provider that the parameters beginning with `OpenAI` describe."""

ProviderName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
_Effort = Annotated[str, Field(pattern=r"^[a-z]{1,20}$")]

T = TypeVar("T")


class _Told(BaseModel):
    """Base of what an operator writes: a misspelt field is an error rather than nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Provider(_Told):
    """A server of models. `api` is the protocol that it speaks; without `api_key` it wants none."""

    base_url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    api: Literal["responses", "chat_completions"] = "responses"
    api_key: bool = True


class DatedPrice(_Told):
    """US dollars for a million tokens from a day on (UTC), until a later one holds."""

    valid_from: date
    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached: float | None = Field(default=None, ge=0)


class ModelEntry(_Told):
    """A model that runs may use, by the name of its place in the list.

    `served_as` is the name that its provider knows it by. Prices are US dollars for a million tokens, `context` is how
    many tokens it takes at once. `efforts` are the reasoning efforts that it takes, `effort` what it is asked for where
    nobody says; `compaction` says that its provider can shorten a long conversation itself, `apply_patch` that it has
    that tool as a type of its own, which the model is trained on; `hosted_tools` names those that it can use, all when
    left out; `default_for` are the task types whose runs use it where nobody says which model. `prices` are those that
    hold from a day on, in place of `input`, `cached` and `output`.
    """

    provider: ProviderName = OPENAI
    served_as: ModelName | None = None
    input: float | None = Field(default=None, ge=0)
    cached: float | None = Field(default=None, ge=0)
    output: float | None = Field(default=None, ge=0)
    context: int | None = Field(default=None, ge=1_000)
    efforts: tuple[_Effort, ...] = ()
    effort: _Effort | None = None
    compaction: bool = False
    apply_patch: bool = False
    hosted_tools: tuple[str, ...] | None = None
    default_for: tuple[TaskType, ...] = ()
    prices: tuple[DatedPrice, ...] = ()

    def price(self, day: date) -> Price | None:
        """What its tokens cost on a day (UTC); None where the operator does not say."""
        valid = [each for each in self.prices if each.valid_from <= day]
        if valid:
            last = max(valid, key=lambda each: each.valid_from)
            return Price(input=last.input, output=last.output, cached=last.cached)
        if self.input is None or self.output is None:
            return None
        return Price(input=self.input, output=self.output, cached=self.cached)


@dataclass(frozen=True, slots=True)
class Choice:
    """The model of a run, and how much it is to reason; None leaves that to the provider."""

    model: str
    effort: str | None = None


NO_MODEL = Choice("")
"""Of a run that no model works on."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The list itself, in the operator's order, the providers by name, and the model of runs that name none."""

    models: Mapping[str, ModelEntry]
    providers: Mapping[str, Provider]
    default: str
    hosted_tools: Mapping[str, HostedTool] = field(default_factory=dict)

    def provider_of(self, model: str) -> Provider:
        """Who serves a model."""
        return self.providers[self.entry(model).provider]

    def entry(self, model: str) -> ModelEntry:
        """What is known of a model; nothing of one that is not in the list."""
        return self.models.get(model) or ModelEntry()

    def hosted_for(self, model: str, chosen: Collection[str] | None = None) -> Mapping[str, HostedTool]:
        """The hosted tools that can be used with a model, of those that were `chosen`; none over chat completions."""
        usable = self.entry(model).hosted_tools
        if self.provider_of(model).api != "responses":
            return {}
        return {
            name: tool
            for name, tool in self.hosted_tools.items()
            if (usable is None or name in usable) and (chosen is None or name in chosen)
        }

    def default_for(self, task_type: TaskType) -> str:
        """The model of runs of this type that name none."""
        return next((name for name, entry in self.models.items() if task_type in entry.default_for), self.default)

    def require(self, model: str | None, effort: str | None) -> None:
        """Raises `ModelNotAllowed` or `EffortNotAllowed`, each with what is allowed.

        Without a model the effort has to be one of any model's.
        """
        if model is not None and model not in self.models:
            raise ModelNotAllowed(model, list(self.models))
        named = [self.entry(model)] if model is not None else list(self.models.values())
        efforts = dict.fromkeys(effort for entry in named for effort in entry.efforts)
        if effort is not None and effort not in efforts:
            raise EffortNotAllowed(effort, model, list(efforts))

    def chosen(self, asked: Sequence[str | None], preferred: Sequence[str | None], task_type: TaskType) -> Choice:
        """The first model and effort that somebody named: the caller (`asked`), then the project (`preferred`).

        Each is a model and an effort. What a caller asks for is done or refused, as `require` does; a project's effort
        counts where the model takes it.
        """
        model = asked[0] or preferred[0] or self.default_for(task_type)
        self.require(model, asked[1])
        entry = self.entry(model)
        liked = preferred[1] if preferred[1] in entry.efforts else None
        return Choice(model, asked[1] or liked or entry.effort)

    def still(self, choice: Choice, task_type: TaskType) -> Choice:
        """The same choice for a run that goes on, or the default where the list has changed since."""
        if choice.model not in self.models:
            return self.chosen((None, None), (None, choice.effort), task_type)
        entry = self.entry(choice.model)
        return choice if choice.effort in entry.efforts else Choice(choice.model, entry.effort)


def require_provider(settings: Settings, catalogue: Catalogue, model: str) -> None:
    """Raises `NotConfigured` where nobody could be asked: there is neither the provider's key nor the offline mode."""
    name = catalogue.entry(model).provider
    if settings.offline or not catalogue.provider_of(model).api_key or settings.secret_of(name):
        return
    raise NotConfigured("OPENAI_API_KEY" if name == OPENAI else f"SecretPrefix, for the key of {name},", ADVICE)


def catalogue_of(settings: Settings) -> Catalogue:
    """The catalogue that these settings give. Raises `NotConfigured` where they are no JSON of this form."""
    told = _read("Models", settings.models, dict[Annotated[ModelName, Field()], ModelEntry])
    providers = _read("Providers", settings.providers, dict[ProviderName, Provider])
    known = {OPENAI: Provider(base_url=settings.openai_base_url), **providers}
    prices = prices_of(settings.model_prices)
    default = OFFLINE if settings.offline and not told else settings.openai_model
    listed = told or {default: ModelEntry()}
    models = {name: _with_price(entry, prices.get(name)) for name, entry in listed.items()}
    for name, entry in models.items():
        if entry.provider not in known:
            raise NotConfigured.badly("Models", f"{name} has a provider that Providers does not list: {entry.provider}")
        if entry.effort is not None and entry.effort not in entry.efforts:
            raise NotConfigured.badly("Models", f"the effort of {name} is none of its efforts")
        if known[entry.provider].api != "responses" and (entry.compaction or entry.apply_patch):
            what = "compaction" if entry.compaction else "apply_patch"
            raise NotConfigured.badly("Models", f"{name} has {what}, which chat completions do not have")
    hosted = hosted_tools_of(settings.hosted_tools)
    for name, entry in models.items():
        if unknown := [tool for tool in entry.hosted_tools or () if tool not in hosted]:
            raise NotConfigured.badly("Models", f"{name} has a tool that HostedTools does not list: {unknown[0]}")
    return Catalogue(models, known, default if default in models else next(iter(models)), hosted)


def _with_price(entry: ModelEntry, price: Price | None) -> ModelEntry:
    """The entry with what `ModelPrices` says, where it does not say so itself."""
    if price is None:
        return entry
    told = {"input": price.input, "cached": price.cached, "output": price.output, "context": price.context}
    return entry.model_copy(update={name: value for name, value in told.items() if getattr(entry, name) is None})


def _read(parameter: str, text: str, shape: type[T]) -> T:
    try:
        return adapter(shape).validate_json(text or "{}")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise NotConfigured.badly(parameter, f"{where}: {first['msg']}" if where else first["msg"]) from None
