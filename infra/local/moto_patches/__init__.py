"""Every change that the laptop cloud makes to moto 5.2.5, and nothing else changes it.

`PATCHES` names them. For each there is a probe in tests/local/moto_probes.py that fails on moto as it comes and
succeeds with the patch; a probe that succeeds without it says that the patch can go.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping

from infra.local.moto_patches import (
    answers,
    cloudformation,
    conditions,
    copies,
    definitions,
    events,
    history,
    items,
    lambdas,
    objects,
    resources,
    state_machines,
    tables,
)

PATCHES: Mapping[str, Callable[[], None]] = {
    "state_machines_run": state_machines.use_the_interpreter,
    "state_machine_arn": state_machines.give_arn_as_attribute,
    "stop_execution": state_machines.stop_at_once,
    "payload_limit": state_machines.limit_payloads,
    "history_limit": history.end_at_the_limit,
    "terminal_errors": state_machines.keep_terminal_errors_uncaught,
    "start_execution": state_machines.start_once,
    "definitions_parsed": definitions.parse_once,
    "interpreter_clients": state_machines.share_clients,
    "status_events": events.announce_executions,
    "lambda_targets": events.deliver_to_functions,
    "resolved_properties": cloudformation.keep_resolved_properties,
    "json_templates": cloudformation.read_json_as_json,
    "resources_left_out": cloudformation.leave_out_what_is_not_made,
    "unnamed_parameters": cloudformation.name_parameters,
    "lambda_processes": lambdas.run_processes,
    "layer_and_version_ids": lambdas.identify_layers_and_versions,
    "layers_kept": lambdas.keep_layers,
    "objects_in_files": objects.store_bytes_in_files,
    "table_queries": tables.query_one_partition,
    "attributes_replaced": tables.weigh_what_stays,
    "missing_types": resources.add_missing_types,
    "services_found": answers.find_services_once,
    "actions_listed": answers.list_actions_once,
    "paths_read": answers.read_paths_once,
    "conditions_parsed": conditions.parse_once,
    "attributes_sent": answers.send_attributes_as_they_are,
    "items_answered": items.answer_without_flask,
    "items_read": copies.read_items_in_place,
    "updates_parsed": copies.keep_update_expressions,
}

_lock = threading.Lock()
_installed: set[str] = set()


def install(names: Iterable[str] = PATCHES) -> None:
    """Apply these patches, once a process."""
    with _lock:
        for name in names:
            if name not in _installed:
                PATCHES[name]()
                _installed.add(name)
    cloudformation.forget_known_types()
