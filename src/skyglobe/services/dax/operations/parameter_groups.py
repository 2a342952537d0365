"""Parameter groups, and the parameters in them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.dax import dax
from skyglobe.services.dax.finding import DEFAULT_PARAMETER_GROUP, get_parameter_group, values_of
from skyglobe.services.dax.happening import note
from skyglobe.services.dax.operations.clusters import DEFAULT_LISTED, listed
from skyglobe.services.dax.records import ParameterGroup, clusters, parameter_groups
from skyglobe.services.dax.refusals import invalid
from skyglobe.services.dax.rules.names import is_group_name
from skyglobe.services.dax.rules.parameters import DEFAULTS, is_value, shown
from skyglobe.services.dax.shapes import parameter_group_shape

MAX_GROUPS = 20  # of an account in a region; developer guide, "Quotas", DynamoDB Accelerator
MAX_CHANGED = 20  # parameters in one request; API reference of UpdateParameterGroup


@dax.operation
def create_parameter_group(call: Call, parameter_group_name: str, description: str = "") -> dict[str, Any]:
    """Create a parameter group of the default values. Raises ParameterGroupAlreadyExistsFault."""
    name = parameter_group_name
    if name == DEFAULT_PARAMETER_GROUP.name or parameter_groups.find(call, name) is not None:
        raise dax.errors.ParameterGroupAlreadyExistsFault(f"Parameter group {name} already exists.")
    if not is_group_name(name):
        raise invalid("Names of parameter groups begin with a letter and have alphanumeric characters and hyphens.")
    if len(list(parameter_groups.scan(call, limit=MAX_GROUPS))) >= MAX_GROUPS:
        text = f"An account can have at most {MAX_GROUPS} parameter groups."
        raise dax.errors.ParameterGroupQuotaExceededFault(text)
    group = ParameterGroup(name=name, description=description)
    parameter_groups.insert(call, group)
    note(call, name, "PARAMETER_GROUP", f"Parameter group {name} created.")
    return {"ParameterGroup": parameter_group_shape(group)}


@dax.operation
def describe_parameter_groups(
    call: Call,
    parameter_group_names: list[str] | None = None,
    max_results: int = DEFAULT_LISTED,
    next_token: str | None = None,
) -> dict[str, Any]:
    """Describe the parameter groups of the names, or all of them by name. Raises ParameterGroupNotFoundFault."""
    if parameter_group_names:
        found = [get_parameter_group(call, name) for name in parameter_group_names]
    else:
        found = [DEFAULT_PARAMETER_GROUP, *parameter_groups.scan(call)]
    found.sort(key=lambda group: group.name)
    rows, token = listed(call, "dax.parameter_groups", found, lambda group: group.name, next_token, max_results)
    return {"ParameterGroups": [parameter_group_shape(group) for group in rows], "NextToken": token}


@dax.operation
def update_parameter_group(
    call: Call, parameter_group_name: str, parameter_name_values: list[dict[str, str]]
) -> dict[str, Any]:
    """Change values of a parameter group. They are in force on each node from its next start on.

    Raises InvalidParameterGroupStateFault for the default group.
    """
    group = get_parameter_group(call, parameter_group_name)
    if group is DEFAULT_PARAMETER_GROUP:
        raise dax.errors.InvalidParameterGroupStateFault("The default parameter group cannot be modified.")
    if len(parameter_name_values) > MAX_CHANGED:
        raise invalid(f"At most {MAX_CHANGED} parameters can be modified at once.")
    values = dict(group.values)
    for pair in parameter_name_values:
        name, value = pair.get("ParameterName", ""), pair.get("ParameterValue", "")
        if name not in DEFAULTS:
            raise invalid(f"Parameter {name} does not exist.")
        if not is_value(value):
            raise invalid(f"The value {value} of {name} is invalid: it must be a number of milliseconds.")
        values[name] = str(int(value))
    changed = replace(group, values=values)
    parameter_groups.put(call, changed)
    note(call, group.name, "PARAMETER_GROUP", f"Parameter group {group.name} updated.")
    return {"ParameterGroup": parameter_group_shape(changed)}


@dax.operation
def delete_parameter_group(call: Call, parameter_group_name: str) -> dict[str, Any]:
    """Delete a parameter group. Raises InvalidParameterGroupStateFault while clusters go by it."""
    group = get_parameter_group(call, parameter_group_name)
    if group is DEFAULT_PARAMETER_GROUP:
        raise dax.errors.InvalidParameterGroupStateFault("The default parameter group cannot be deleted.")
    if next(clusters.scan_by(call, "parameter_group", group.name, limit=1), None) is not None:
        text = f"Parameter group {group.name} is in use."
        raise dax.errors.InvalidParameterGroupStateFault(text)
    parameter_groups.drop(call, group.name)
    note(call, group.name, "PARAMETER_GROUP", f"Parameter group {group.name} deleted.")
    return {"DeletionMessage": f"Parameter group {group.name} has been deleted."}


@dax.operation
def describe_parameters(
    call: Call,
    parameter_group_name: str,
    source: str | None = None,
    max_results: int = DEFAULT_LISTED,
    next_token: str | None = None,
) -> dict[str, Any]:
    """Describe the parameters of a group, or those of one source: ``user`` or ``system``."""
    group = get_parameter_group(call, parameter_group_name)
    rows = shown(values_of(group), is_default=group is DEFAULT_PARAMETER_GROUP)
    found = [row for row in rows if source is None or row["Source"] == source]
    listing = f"dax.parameters:{group.name}:{source}"
    page, token = listed(call, listing, found, lambda row: row["ParameterName"], next_token, max_results)
    return {"Parameters": page, "NextToken": token}


@dax.operation
def describe_default_parameters(
    call: Call, max_results: int = DEFAULT_LISTED, next_token: str | None = None
) -> dict[str, Any]:
    """Describe the parameters as they are where nobody changed them."""
    rows = shown(DEFAULTS, is_default=True)
    page, token = listed(
        call, "dax.default_parameters", rows, lambda row: row["ParameterName"], next_token, max_results
    )
    return {"Parameters": page, "NextToken": token}
