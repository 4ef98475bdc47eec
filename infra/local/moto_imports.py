"""moto's CloudFormation and Step Functions, imported without the services that nothing here can ask for.

They import every service that has a resource or a task, which takes a third of the time in which the laptop cloud
starts. `infra/local/supported.py` takes no resource of these, or has a model of its own for it.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import moto
from werkzeug.local import LocalProxy

UNNEEDED = (
    "apigateway",
    "autoscaling",
    "batch",
    "datapipeline",
    "ec2",
    "ecs",
    "efs",
    "elb",
    "elbv2",
    "emr",
    "iot",
    "rds",
    "redshift",
    "route53",
    "sagemaker",
)


class _Later(ModuleType):
    """A package that is imported when something of it is used, and not when it is named; its modules are there."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = [str(Path(moto.__file__).parent / name.partition(".")[2])]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "models":
            return _Later(f"{self.__name__}.models")
        return LocalProxy(lambda: getattr(importlib.import_module(self.__name__), name))


def _import_without_unneeded(*names: str) -> list[Any]:
    """The modules; what they name of those services is there when it is used, and for everybody else as ever."""
    later: dict[str, ModuleType] = {name: _Later(name) for name in (f"moto.{service}" for service in UNNEEDED)}
    # Asked of every resource: is it one of EC2's? None can be.
    later["moto.ec2.models.core"] = core = ModuleType("moto.ec2.models.core")
    vars(core)["TaggedEC2Resource"] = type("TaggedEC2Resource", (), {})
    missing = {name: module for name, module in later.items() if name not in sys.modules}
    sys.modules.update(missing)
    try:
        return [importlib.import_module(name) for name in names]
    finally:
        for name in missing:
            del sys.modules[name]


models, parsing, _ = _import_without_unneeded(
    "moto.cloudformation.models", "moto.cloudformation.parsing", "moto.stepfunctions.parser.models"
)
