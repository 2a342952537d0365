"""What a call needs to be allowed, from the service authorization reference and the operation's model.

For every service that declares no needs of its own. What is derived: the action's real name; the ARN of the resource,
where a parameter is that ARN or the parameters fill its format; the service's condition keys that are called like a
parameter; ``iam:PassRole`` for a role that is handed over. Compiled once for each operation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.models import OperationModel
from skyglobe.models.authorization import Action, ResourceType, find_reference, prefix_of

FindNeeds = Callable[[Call, dict[str, Any]], list[Need]]

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_PLACES = frozenset({"Partition", "Region", "Account"})
_TEXTS = frozenset({"string", "integer", "long", "boolean"})
_ROLE = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/.+")


class _Format(NamedTuple):
    """A resource type's ARN: how it is recognised, and how it is written."""

    shape: re.Pattern[str]
    template: str
    """With ``%(partition)s`` and the members' names."""
    members: tuple[str, ...] | None
    """The parameters that fill it; None where the model has not all of them."""

    def filled(self, call: Call, params: dict[str, Any]) -> str | None:
        """Return the ARN that the parameters write; None where one is not given."""
        if self.members is None:
            return None
        known: dict[str, Any] = {"partition": call.partition, "region": call.region, "account": call.account}
        for member in self.members:
            value = params.get(member)
            if value is None or value == "":
                return None
            known[member] = value
        return self.template % known


def derive_needs(model: OperationModel, called: str) -> FindNeeds:
    """Return the function that lists what a call of this operation needs; ``called`` is what its action is called."""
    prefix = prefix_of(model.service.signing_name)
    reference = find_reference(prefix)
    action = reference.find_action(called) if reference is not None else None
    if reference is None or action is None:
        name = f"{prefix}:{called}"
        return lambda call, params: [Need(name, "*", call.account)]
    members = {name: shape.type for name, shape in model.input.members.items()} if model.input is not None else {}
    types = [reference.resources[one.name] for one in action.resources if one.name in reference.resources]
    formats = [_format(one, model.name, members) for one in types]
    name = f"{prefix}:{action.name}"
    keys = _keys(action, prefix, members)
    roles = tuple(one for one in members if one.lower().endswith(("role", "rolearn"))) if _is_write(action) else ()

    def needs(call: Call, params: dict[str, Any]) -> list[Need]:
        context = {key: _text(params[member]) for key, member in keys if member in params} if keys else {}
        arns = _arns(formats, call, params) or ["*"]
        found = [Need(name, arn, account_of(arn) or call.account, context) for arn in arns]
        if roles:
            found += _passed(params, roles, prefix)
        return found

    return needs


def account_of(arn: str) -> str:
    """Return the account in an ARN; empty where it has none."""
    fields = arn.split(":", 5)
    account = fields[4] if len(fields) == 6 else ""
    return account if len(account) == 12 and account.isascii() and account.isdigit() else ""


def _arns(formats: list[_Format], call: Call, params: dict[str, Any]) -> list[str]:
    """Return the ARNs of the resources a call names: those it spells out, else those its parameters write."""
    spelled = [
        value
        for value in params.values()
        if isinstance(value, str) and value.startswith("arn:") and any(one.shape.fullmatch(value) for one in formats)
    ]
    if spelled:
        return list(dict.fromkeys(spelled))
    written = (one.filled(call, params) for one in formats)
    return list(dict.fromkeys(arn for arn in written if arn is not None))


def _passed(params: dict[str, Any], members: tuple[str, ...], prefix: str) -> list[Need]:
    """Return the permission to hand over the roles that a call hands over.

    Who hands a service a role to work with must be allowed to pass it; IAM user guide, "Grant a user permissions to
    pass a role to an AWS service".
    """
    context = {"iam:passedtoservice": f"{prefix}.amazonaws.com"}
    roles = [params[name] for name in members if _ROLE.fullmatch(str(params.get(name, "")))]
    return [Need("iam:PassRole", role, account_of(role), context) for role in roles]


def _is_write(action: Action) -> bool:
    return "Write" in action.level or "Permissions" in action.level


def _keys(action: Action, prefix: str, members: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the service's condition keys that are called like a parameter, with it."""
    named = {name.lower(): name for name, kind in members.items() if kind in _TEXTS}
    keys = {key for key in action.keys if key.startswith(f"{prefix}:")}
    keys |= {key for one in action.resources for key in one.keys if key.startswith(f"{prefix}:")}
    lower = sorted(key.lower() for key in keys)
    return tuple((key, named[key.partition(":")[2]]) for key in lower if key.partition(":")[2] in named)


def _format(resource: ResourceType, operation: str, members: dict[str, str]) -> _Format:
    shape = "".join(
        "[^:]*" if part in _PLACES else ".+" if number % 2 else re.escape(part)
        for number, part in enumerate(_VARIABLE.split(resource.arn))
    )
    filling: dict[str, str] = {}
    for variable in _VARIABLE.findall(resource.arn):
        if variable in _PLACES:
            continue
        member = _member_for(variable, resource.name, operation, members)
        if member is None:
            return _Format(re.compile(shape), "", None)
        filling[variable] = member
    written = resource.arn.replace("%", "%%")
    template = _VARIABLE.sub(lambda found: f"%({filling.get(found[1], found[1].lower())})s", written)
    return _Format(re.compile(shape), template, tuple(dict.fromkeys(filling.values())))


def _member_for(variable: str, resource: str, operation: str, members: dict[str, str]) -> str | None:
    """Return the parameter that stands for a variable of an ARN.

    It is called the same, or simply ``Name`` or ``Id`` in an operation that names the resource: ``CreateTopic``.
    """
    named = {name.lower(): name for name, kind in members.items() if kind == "string"}
    wanted = variable.lower()
    if wanted in named:
        return named[wanted]
    kind = resource.replace("-", "").replace("_", "").lower()
    for ending in ("name", "id"):
        is_meant = wanted in (ending, kind + ending) or wanted.removesuffix(ending) == kind
        if is_meant and wanted.endswith(ending):
            for member in (kind + ending, ending if operation.lower().endswith(kind) else ""):
                if member in named:
                    return named[member]
    return None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
