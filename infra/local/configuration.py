"""What the developer's environment says: which models answer, and with which keys."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TextIO

from swarm.errors import NotConfigured
from swarm.runs.catalogue import OPENAI, Catalogue, catalogue_of
from swarm.settings import ADVICE, Settings

KEY = "OPENAI_API_KEY"
OTLP_HEADERS = "OTEL_EXPORTER_OTLP_HEADERS"
FAKE_SWARM = "CROSS_RUN_FAKE_SWARM"
# Settings by the name of the template parameter that each becomes.
PARAMETERS = {
    "FakeCodex": "CROSS_RUN_FAKE_CODEX",
    "OpenAIBaseUrl": "OPENAI_BASE_URL",
    "OpenAIModel": "OPENAI_MODEL",
    "Models": "MODELS",
    "Providers": "PROVIDERS",
    "HostedTools": "HOSTED_TOOLS",
    "ModelPrices": "MODEL_PRICES",
    "UsageMetadata": "USAGE_METADATA",
    "OtlpEndpoint": "OTEL_EXPORTER_OTLP_ENDPOINT",
    "JwtIssuer": "CODEX_SWARM_JWT_ISSUER",
    "JwtAudience": "CODEX_SWARM_JWT_AUDIENCE",
    "JwtTenantClaim": "CODEX_SWARM_JWT_TENANT_CLAIM",
    "JwtScopesClaim": "CODEX_SWARM_JWT_SCOPES_CLAIM",
    "JwtScopePrefix": "CODEX_SWARM_JWT_SCOPE_PREFIX",
    "CorsOrigins": "CODEX_SWARM_CORS_ORIGINS",
    "WebhookLoopback": "CODEX_SWARM_WEBHOOK_LOOPBACK",
}

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_LOOPBACK = "127.0.0.1,localhost,::1"


@dataclass(frozen=True)
class Configuration:
    """The offline model, or providers' keys; parameters of the template; and what is the agent's function's alone.

    `otlp_headers` go to the collector. `provider_keys` are those of `PROVIDERS`, `tool_tokens` those of the servers in
    `HOSTED_TOOLS`, by name.
    """

    offline: bool
    api_key: str | None = field(repr=False)
    parameters: Mapping[str, str]
    agent_variables: Mapping[str, str] = field(default_factory=dict)
    provider_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    tool_tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    otlp_headers: str = field(default="", repr=False)


def configure(
    environment: Mapping[str, str] = os.environ,
    terminal: TextIO | None = None,
    ask: Callable[[str], str] = input,
) -> Configuration:
    """Read the settings; without a key offer the offline model at a terminal. Raises NotConfigured."""
    terminal = sys.stdin if terminal is None else terminal
    parameters = {name: environment[setting] for name, setting in PARAMETERS.items() if environment.get(setting)}
    headers = environment.get(OTLP_HEADERS, "")
    offline = environment.get(FAKE_SWARM) == "1"
    catalogue = catalogue_of(Settings.of({**environment, FAKE_SWARM: "1" if offline else ""}))
    if offline:
        return Configuration(offline=True, api_key=None, parameters=parameters, otlp_headers=headers)
    api_key = environment.get(KEY) or None
    provider_keys = _keys(environment, catalogue)
    others = any(entry.provider != OPENAI for entry in catalogue.models.values())
    if api_key is None and not others:
        if not (terminal.isatty() and _accepted(ask)):
            raise NotConfigured(KEY, ADVICE)
        return Configuration(offline=True, api_key=None, parameters=parameters, otlp_headers=headers)
    tokens = _tokens(environment, catalogue)
    return Configuration(False, api_key, parameters, _way_out(environment), provider_keys, tokens, headers)


def _tokens(environment: Mapping[str, str], catalogue: Catalogue) -> Mapping[str, str]:
    """The tokens of remote MCP servers, `MY_SERVER_TOKEN` for `my-server`. Raises NotConfigured."""
    wanted = [name for name, tool in catalogue.hosted_tools.items() if tool.needs_token]
    variables = {name: f"{name.upper().replace('-', '_')}_TOKEN" for name in wanted}
    for name, variable in variables.items():
        if not environment.get(variable):
            raise NotConfigured(variable, f'set it, or say {{"authorization": false}} of {name} in HOSTED_TOOLS')
    return {name: environment[variable] for name, variable in variables.items()}


def _keys(environment: Mapping[str, str], catalogue: Catalogue) -> Mapping[str, str]:
    """The keys of the further providers, `MY_SERVER_API_KEY` for `my-server`. Raises NotConfigured."""
    keys = {}
    for name, provider in catalogue.providers.items():
        variable = f"{name.upper().replace('-', '_')}_API_KEY"
        if name == OPENAI or not provider.api_key:
            continue
        if not environment.get(variable):
            raise NotConfigured(variable, f'set it, or say {{"api_key": false}} of {name} in PROVIDERS')
        keys[name] = environment[variable]
    return keys


def _way_out(environment: Mapping[str, str]) -> Mapping[str, str]:
    """How the provider is reached from here: proxies, which the laptop cloud itself is not behind, and a CA bundle."""
    variables = {}
    for name in _PROXIES:
        if proxy := environment.get(name) or environment.get(name.lower()):
            variables[name] = proxy
    if variables:
        exempt = environment.get("NO_PROXY") or environment.get("no_proxy")
        variables["NO_PROXY"] = f"{exempt},{_LOOPBACK}" if exempt else _LOOPBACK
    if bundle := next((environment[name] for name in _BUNDLES if environment.get(name)), None):
        variables["SSL_CERT_FILE"] = bundle
    return variables


def _accepted(ask: Callable[[str], str]) -> bool:
    print(f"{KEY} is not set. The deterministic offline model needs none.", file=sys.stderr)
    # `input` would write its prompt to stdout, which is for the ready line.
    print("Go on with the offline model? [Y/n] ", end="", file=sys.stderr, flush=True)
    try:
        return ask("").strip().lower() in ("", "y", "yes")
    except EOFError:
        return False
