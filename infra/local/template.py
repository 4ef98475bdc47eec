"""`template.yaml` as CloudFormation gets it: translated by SAM's own translator, with local folders for code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from infra.local.aws import session
from infra.local.supported import Ignored, check, check_nested

FUNCTION = "AWS::Serverless::Function"
LAYER = "AWS::Serverless::LayerVersion"
STACK = "AWS::CloudFormation::Stack"
STATE_MACHINE = "AWS::Serverless::StateMachine"
# Stands for code that stays where it is: SAM takes S3 locations only, and nothing ever reads them.
BUCKET = "local"


@dataclass(frozen=True)
class Template:
    """A translated template. `folders` says where the code of a function or a layer is, by its S3 key,
    and `nested` what the stacks in it are, by logical id.
    """

    document: Mapping[str, Any]
    folders: Mapping[str, Path]
    ignored: tuple[Ignored, ...]
    nested: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def known(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Those of the parameters that the template declares."""
        return {name: value for name, value in parameters.items() if name in self.document.get("Parameters", {})}


def load(path: Path, parameters: Mapping[str, str]) -> Template:
    """Translate a SAM template. Raises UnsupportedTemplate when it has a type that the laptop cloud cannot run."""
    # Slow to import, and needed once.
    from samtranslator.parser.parser import Parser  # noqa: PLC0415
    from samtranslator.translator.translator import Translator  # noqa: PLC0415

    source = _read(path)
    folders: dict[str, Path] = {}
    defaults = source.get("Globals", {}).get("Function", {})
    shared_code = defaults.pop("CodeUri", None)
    for logical_id, resource in source["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == FUNCTION:
            folders[logical_id] = path.parent / properties.get("CodeUri", shared_code)
            properties["CodeUri"] = f"s3://{BUCKET}/{logical_id}"
        elif resource["Type"] == LAYER:
            folders[logical_id] = path.parent / properties["ContentUri"]
            properties["ContentUri"] = f"s3://{BUCKET}/{logical_id}"
        elif resource["Type"] == STATE_MACHINE and "DefinitionUri" in properties:
            properties["Definition"] = _read(path.parent / properties.pop("DefinitionUri"))
    declared = {name: value for name, value in parameters.items() if name in source.get("Parameters", {})}
    # Of AWS's managed policies only full ARNs are understood: asking IAM for their names needs an account.
    document = Translator({}, Parser(), boto_session=session()).translate(source, parameter_values=declared)
    nested: dict[str, Mapping[str, Any]] = {}
    for logical_id, resource in document["Resources"].items():
        if resource["Type"] == STACK:
            nested[logical_id] = _read(path.parent / resource["Properties"]["TemplateURL"])
            check_nested(logical_id, nested[logical_id]["Resources"])
    return Template(document, folders, tuple(check(document["Resources"])), nested)


def _read(path: Path) -> Any:
    """As SAM's own translator reads YAML, with libyaml where PyYAML has it: ten times as fast."""
    from samtranslator.yaml_helper import intrinsics_multi_constructor  # noqa: PLC0415

    loader: Any = type("Loader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {})
    loader.add_multi_constructor("!", intrinsics_multi_constructor)
    return yaml.load(path.read_text(), Loader=loader)  # noqa: S506  (it is a safe one)
