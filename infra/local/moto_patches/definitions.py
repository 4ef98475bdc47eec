"""Definitions of state machines: read once, not by every execution."""

from __future__ import annotations

import functools
import pickle

from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from infra.local.moto_patches.wrapping import Wrapper, wrap


def parse_once() -> None:
    """Parsing the run's definition takes 90 ms, and each execution did it again; a copy takes half a millisecond."""
    wrap(ExecutionWorker, "_get_evaluation_entrypoint", _copy_of_the_program)


def _copy_of_the_program(_original: Wrapper, worker: ExecutionWorker) -> EvalComponent:
    program: EvalComponent = pickle.loads(_pickled(worker._evaluation_details.state_machine_details.definition))  # noqa: S301  (our own)
    return program


@functools.lru_cache(maxsize=32)
def _pickled(definition: str) -> bytes:
    # What an execution does to its program, such as counting attempts, must not reach another.
    return pickle.dumps(AmazonStateLanguageParser.parse(definition)[0], protocol=pickle.HIGHEST_PROTOCOL)
