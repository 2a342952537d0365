"""What boto3 makes anew for each client and each call, made once for all tests: they make thousands of both.

All of it depends on nothing but what it is made of. A third of the time that boto3 takes is saved.
"""

from functools import cache
from typing import Any

from botocore import hooks, regions, useragent
from botocore.endpoint_provider import EndpointProvider

_providers: dict[tuple[int, int], tuple[EndpointProvider, Any, Any]] = {}


def provider_of(ruleset_data: Any, partition_data: Any) -> EndpointProvider:
    """Return what derives endpoints from a service's rules; the rules are the very same as long as they are kept."""
    key = id(ruleset_data), id(partition_data)
    if key not in _providers:
        _providers[key] = (EndpointProvider(ruleset_data, partition_data), ruleset_data, partition_data)
    return _providers[key][0]


def copied(node: dict[str, Any]) -> dict[str, Any]:
    """Copy a node of the tree of event handlers, as ``_PrefixTrie`` does, which asks of each thing what it is."""
    values = node["values"]
    return {
        "chunk": node["chunk"],
        "children": {name: copied(child) for name, child in node["children"].items()},
        "values": values and hooks.NodeList(values.first[:], values.middle[:], values.last[:]),
    }


def copied_tree(tree: Any) -> Any:
    made = type(tree)()
    made._root = copied(tree._root)
    return made


def share() -> None:
    """Have boto3 do so from now on."""
    regions.EndpointProvider = provider_of
    hooks._PrefixTrie.__copy__ = copied_tree
    # Twice for each call, every letter of what botocore says of itself is looked at.
    useragent.sanitize_user_agent_string_component = cache(useragent.sanitize_user_agent_string_component)
