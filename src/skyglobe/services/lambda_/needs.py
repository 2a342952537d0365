"""What each call to Lambda needs to be allowed, after the service authorization reference of AWS Lambda."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skyglobe.kernel.access import Need, Values
from skyglobe.kernel.arns import make_arn, parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.durable.records import executions
from skyglobe.services.lambda_.durable.rules import named_by
from skyglobe.services.lambda_.finding import find_by_arn, function_arn, place_of
from skyglobe.services.lambda_.layering import find_layer_version
from skyglobe.services.lambda_.records import function_urls, grants, mappings
from skyglobe.services.lambda_.rules.names import parse_layer_name
from skyglobe.services.lambda_.rules.statements import policy_document

ACTIONS = {
    "Invoke": "InvokeFunction",
    "InvokeWithResponseStream": "InvokeFunction",
    "GetLayerVersionByArn": "GetLayerVersion",
}
"""Actions that are not called as their operations are."""
_QUALIFIED = frozenset(
    ("Invoke", "InvokeWithResponseStream", "InvokeAsync", "GetFunction", "GetFunctionConfiguration", "DeleteFunction",
     "AddPermission", "RemovePermission", "GetPolicy", "PutProvisionedConcurrencyConfig",
     "GetProvisionedConcurrencyConfig", "DeleteProvisionedConcurrencyConfig", "PutFunctionEventInvokeConfig",
     "UpdateFunctionEventInvokeConfig", "GetFunctionEventInvokeConfig", "DeleteFunctionEventInvokeConfig",
     "CreateFunctionUrlConfig", "UpdateFunctionUrlConfig", "GetFunctionUrlConfig", "DeleteFunctionUrlConfig",
     "PutRuntimeManagementConfig", "GetRuntimeManagementConfig")
)  # fmt: skip
"""Operations that may be allowed for a version or an alias alone."""
_ANYWHERE = frozenset(
    ("ListFunctions", "ListLayers", "ListLayerVersions", "ListEventSourceMappings", "ListCodeSigningConfigs",
     "CreateCodeSigningConfig", "GetAccountSettings")
)  # fmt: skip


@lambda_.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs: its action on what it names, and passing on or using what it hands over."""
    action = f"lambda:{ACTIONS.get(operation, operation)}"
    if operation in _ANYWHERE:
        return [Need(action, "*", call.account), *_tagging(call, operation, params, "*")]
    if operation == "CreateEventSourceMapping":
        place = place_of(call, params["FunctionName"])
        return [Need(action, "*", call.account, {"lambda:functionarn": place.arn})]
    if "DurableExecutionArn" in params or "CallbackId" in params:
        arn = params.get("DurableExecutionArn") or _arn_of_callback(call, params["CallbackId"])
        return [Need(action, arn, _account(call, arn))]
    if "UUID" in params:
        return [_on_mapping(call, action, params["UUID"])]
    if "LayerName" in params or "Arn" in params:
        return [_on_layer(call, action, params)]
    if "Resource" in params:
        return [Need(action, params["Resource"], _account(call, params["Resource"]))]
    if "FunctionName" not in params:
        arn = params["CodeSigningConfigArn"]
        return [Need(action, arn, _account(call, arn))]
    return _on_function(call, operation, action, params)


def _on_function(call: Call, operation: str, action: str, params: dict[str, Any]) -> list[Need]:
    place = place_of(call, params["FunctionName"], params.get("Qualifier"))
    arn = place.arn if operation in _QUALIFIED else function_arn(place.scope, place.name)
    needs = [Need(action, arn, place.scope.account, dict(_context(place.scope, operation, params, arn)))]
    if operation == "PutFunctionCodeSigningConfig":
        needs.append(Need(action, params["CodeSigningConfigArn"], call.account))
    if ":role/" in params.get("Role", ""):
        context: Values = {"iam:passedtoservice": "lambda.amazonaws.com", "iam:associatedresourcearn": arn}
        needs.append(Need("iam:PassRole", params["Role"], _account(call, params["Role"]), context))
    layers = [one for one in params.get("Layers") or () if ":layer:" in one]
    needs += [Need("lambda:GetLayerVersion", one, _account(call, one)) for one in layers]
    return [*needs, *_tagging(call, operation, params, arn)]


def _context(scope: Scope, operation: str, params: dict[str, Any], arn: str) -> Iterable[tuple[str, Any]]:
    """Yield Lambda's own condition keys of a call on a function."""
    if operation == "AddPermission":
        yield "lambda:principal", params["Principal"]
        if "FunctionUrlAuthType" in params:
            yield "lambda:functionurlauthtype", params["FunctionUrlAuthType"]
    elif operation.endswith(("FunctionUrlConfig", "FunctionUrlConfigs")):
        yield "lambda:functionarn", arn
        auth = params.get("AuthType") or _auth_of(scope, arn)
        if auth:
            yield "lambda:functionurlauthtype", auth
    elif operation == "PutFunctionCodeSigningConfig":
        yield "lambda:codesigningconfigarn", params["CodeSigningConfigArn"]
    if params.get("Layers"):
        yield "lambda:layer", list(params["Layers"])
    if operation == "CreateFunction" and params.get("CodeSigningConfigArn"):
        yield "lambda:codesigningconfigarn", params["CodeSigningConfigArn"]


def _auth_of(scope: Scope, arn: str) -> str:
    _, _, name = arn.partition(":function:")
    name, _, qualifier = name.partition(":")
    kept = function_urls.find(scope, name, qualifier)
    return kept.auth if kept is not None else ""


def _tagging(call: Call, operation: str, params: dict[str, Any], arn: str) -> list[Need]:
    """Who creates a function with tags must be allowed to tag it."""
    if operation == "CreateFunction" and params.get("Tags"):
        return [Need("lambda:TagResource", arn, call.account)]
    return []


def _arn_of_callback(call: Call, identifier: str) -> str:
    """Return the ARN of the execution that waits for a callback; of one nobody knows, that it may be any."""
    named = named_by(identifier)
    execution = executions.find(call, named[0]) if named is not None else None
    return execution.arn if execution is not None else "*"


def _on_mapping(call: Call, action: str, uuid: str) -> Need:
    mapping = mappings.find(call, uuid)
    arn = make_arn(call, "lambda", f"event-source-mapping:{uuid}")
    context = {"lambda:functionarn": function_arn(call, mapping.function, mapping.qualifier)} if mapping else {}
    return Need(action, arn, call.account, context)


def _on_layer(call: Call, action: str, params: dict[str, Any]) -> Need:
    named = parse_layer_name(params.get("LayerName") or params["Arn"])
    if named is None:
        return Need(action, "*", call.account)
    account = named.account or call.account
    version = params.get("VersionNumber") or named.version
    arn = f"arn:{call.partition}:lambda:{named.region or call.region}:{account}:layer:{named.name}"
    return Need(action, f"{arn}:{version}" if version else arn, account)


def _account(call: Call, arn: str) -> str:
    try:
        return parse_arn(arn).account or call.account
    except ValueError:
        return call.account


@lambda_.resource_policies
def resource_policy(scope: Scope, arn: str) -> str | None:
    """Return the policy of a function, a version, an alias or a layer's version; None when it has none."""
    if ":layer:" in arn:
        named = parse_layer_name(arn)
        version = find_layer_version(scope, named) if named is not None and named.version else None
        return policy_document(version.statements) if version is not None and version.statements else None
    found = find_by_arn(scope, arn)
    if found is None:
        return None
    kept = grants.find(found.scope, found.function.id, found.qualifier)
    return policy_document(kept.statements) if kept is not None else None
