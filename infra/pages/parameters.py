"""docs/operations/parameters.md: what each parameter of the template adds to a deployment, and what it changes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from infra.pages.deployed import TEMPLATE, differences, with_nested
from infra.pages.filled import filled

KEY = "arn:aws:kms:eu-central-1:123456789012:key/1"
EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "Stage": {"Stage": "prod"},
    "JwtIssuer": {"JwtIssuer": "https://issuer.example.org/", "JwtAudience": "codex-swarm"},
    "JwtTenantClaim": {"JwtTenantClaim": "org"},
    "JwtScopesClaim": {"JwtScopesClaim": "permissions"},
    "CorsOrigins": {"CorsOrigins": "https://app.example.org"},
    "DomainName": {
        "DomainName": "swarm.example.org",
        "DomainCertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/1",
    },
    "DomainZoneId": {
        "DomainName": "swarm.example.org",
        "DomainCertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/1",
        "DomainZoneId": "Z1",
    },
    "EdgeOnly": {"Edge": "1", "EdgeOnly": "1"},
    "EdgeSecretVersion": {"Edge": "1", "EdgeSecretVersion": "0" * 32},
    "EdgeRequestsPerFiveMinutes": {"Edge": "1", "EdgeRequestsPerFiveMinutes": "500"},
    "EdgeWebAclArn": {"Edge": "1", "EdgeWebAclArn": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/1"},
    "KmsKeyArn": {"KmsKeyArn": KEY},
    "PermissionsBoundary": {"PermissionsBoundary": "arn:aws:iam::123456789012:policy/bound"},
    "VpcSubnetIds": {"VpcSubnetIds": "subnet-1,subnet-2", "VpcSecurityGroupIds": "sg-1"},
    "OpenAIModel": {"OpenAIModel": "another"},
    "OpenAISecretName": {"OpenAISecretName": "codex-swarm/openai"},
    "OpenAISecretKeyArn": {"OpenAISecretKeyArn": KEY},
    "AlarmEmail": {"AlarmEmail": "you@example.org"},
}
"""What shows what a parameter does, with the parameters that it needs, where the template names no choice."""

TOGETHER: Mapping[str, str] = {
    "JwtAudience": "JwtIssuer",
    "DomainCertificateArn": "DomainName",
    "VpcSecurityGroupIds": "VpcSubnetIds",
}
"""Parameters that are nothing without another, in whose line they stand."""

NAMED = 3
"""How many owners of a property are listed by their names; of more only the number is told."""

NEEDED: Mapping[str, Mapping[str, str]] = {"DomainZoneId": EXAMPLES["DomainName"]} | {
    name: {"Edge": "1"} for name in EXAMPLES if re.match("Edge.", name)
}
"""What a parameter is compared with, where without others it would do nothing."""


def page() -> str:
    """The page with the table as it is now."""
    return filled("operations/parameters.md", "parameters", _table())


def declared() -> dict[str, Any]:
    """The parameters of the template as it is written."""
    return dict(yaml_parse(TEMPLATE.read_text("utf-8"))["Parameters"])


def example(name: str, parameter: Mapping[str, Any]) -> dict[str, str]:
    """Values by which a deployment differs from one by default, in what this parameter does."""
    if name in EXAMPLES:
        return dict(EXAMPLES[name])
    if allowed := parameter.get("AllowedValues"):
        return {name: str(next(each for each in allowed if each != parameter["Default"]))}
    if parameter["Type"] == "Number":
        return {name: str(int(parameter["Default"]) + 1)}
    return {name: "something"}


def effect(name: str, parameter: Mapping[str, Any], plain: Mapping[str, Any]) -> tuple[set[str], set[str], set[str]]:
    """Resources that come, resources that go, and paths of properties that change."""
    needed = NEEDED.get(name)
    before = with_nested(**needed) if needed else plain
    after = with_nested(**example(name, parameter))
    news = differences(before, after)
    # The version of a function is named after what is in it: a new one is no resource more.
    resources = {each for each in news if "." not in each and not re.search(r"FunctionVersion[0-9a-f]{10}$", each)}
    come, gone = resources & after.keys(), resources - after.keys()
    return come, gone, {each for each in news if "." in each and "FunctionVersion" not in str(after.get(each, ""))}


def _table() -> str:
    plain = with_nested()
    resources = sum("." not in path and "/" not in path for path in plain)
    lines = [
        f"By default there are {resources} resources, and those of nested stacks, which stand behind the stack's name.",
        "CloudFormation takes 500 in each.",
        "",
        "| parameter | adds | changes |",
        "|---|---|---|",
    ]
    for name, parameter in declared().items():
        if name in TOGETHER:
            continue
        names = ", ".join(f"`{each}`" for each in (name, *(each for each, of in TOGETHER.items() if of == name)))
        come, gone, changed = effect(name, parameter, plain)
        adds = [", ".join(_listed(come)), f"not any more: {', '.join(_listed(gone))}" if gone else ""]
        said = "; ".join(filter(None, adds)) or "nothing"
        lines.append(f"| {names} | {said} | {', '.join(_changes(changed)) or 'nothing'} |")
    return "\n".join(lines) + "\n"


def _listed(names: Iterable[str]) -> list[str]:
    return [f"`{name}`" for name in sorted(names)]


def _changes(paths: Iterable[str]) -> Iterator[str]:
    """Such as "`MODELS` of 17 functions": each property once, and whose it is."""
    owners: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        owner, _, rest = path.partition(".Properties.")
        owners[_property(rest)].add(owner)
    for name in sorted(owners):
        whose = sorted(owners[name])
        kinds = {kind for kind in ("Function", "FunctionRole", "Role") if all(each.endswith(kind) for each in whose)}
        many = "functions" if "Function" in kinds else "roles" if "Role" in kinds else "resources"
        yield f"`{name}` of {f'{len(whose)} {many}' if len(whose) > NAMED else ', '.join(whose)}"


def _property(path: str) -> str:
    """The setting, or the outermost property: what is inside of it is the template's to say."""
    variable = re.fullmatch(r"Environment\.Variables\.(\w+).*", path)
    of_stack = re.fullmatch(r"Parameters\.(\w+).*", path)
    found = variable or of_stack
    return found[1] if found else path.partition(".")[0]
