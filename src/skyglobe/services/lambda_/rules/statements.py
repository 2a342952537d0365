"""Resource policies of functions and layers: one statement for each permission that was added."""

from __future__ import annotations

import json
import re
from typing import Any

from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.refusals import conflict, invalid

MAX_POLICY_BYTES = 20_480  # Lambda quotas, "Resource-based policy": 20 KB
_ACCOUNT = re.compile(r"\d{12}")
_SERVICE = re.compile(r"[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|aws\.internal)")
_ARN = re.compile(r"arn:aws[a-zA-Z-]*:(iam|sts)::(\d{12}|cloudfront):.+")

Statement = dict[str, Any]


def permission_statement(arn: str, request: dict[str, Any]) -> Statement:
    """Return the statement that AddPermission adds to the policy of ``arn``. Raises InvalidParameterValueException."""
    principal = _principal(request["Principal"])
    conditions: dict[str, dict[str, Any]] = {}

    def require(operator: str, key: str, value: Any) -> None:
        if value is not None and value != "":
            conditions.setdefault(operator, {})[key] = value

    require("StringEquals", "AWS:SourceAccount", request.get("SourceAccount"))
    require("StringEquals", "lambda:EventSourceToken", request.get("EventSourceToken"))
    require("StringEquals", "aws:PrincipalOrgID", request.get("PrincipalOrgID"))
    auth = request.get("FunctionUrlAuthType")
    if auth is not None and request["Action"] != "lambda:InvokeFunctionUrl":
        raise invalid("FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action")
    require("StringEquals", "lambda:FunctionUrlAuthType", auth)
    if request.get("InvokedViaFunctionUrl") is not None:
        if request["Action"] != "lambda:InvokeFunction":
            raise invalid("InvokedViaFunctionUrl is only supported for lambda:InvokeFunction action")
        require("Bool", "lambda:InvokedViaFunctionUrl", str(request["InvokedViaFunctionUrl"]).lower())
    require("ArnLike", "AWS:SourceArn", request.get("SourceArn"))
    made = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": principal,
        "Action": request["Action"],
        "Resource": arn,
    }
    return {**made, "Condition": conditions} if conditions else made


def _principal(given: str) -> Any:
    if given == "*":
        return "*"
    if _ACCOUNT.fullmatch(given):
        return {"AWS": f"arn:aws:iam::{given}:root"}
    if _ARN.fullmatch(given):
        return {"AWS": given}
    if _SERVICE.fullmatch(given):
        return {"Service": given}
    raise invalid("The provided principal was invalid. Please check the principal and try again.")


def layer_statement(arn: str, request: dict[str, Any]) -> Statement:
    """Return the statement that AddLayerVersionPermission adds. Raises InvalidParameterValueException."""
    principal = request["Principal"]
    organization = request.get("OrganizationId")
    if organization and principal != "*":
        raise invalid("OrganizationId can only be given with the principal *.")
    made: Statement = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else _principal(principal),
        "Action": request["Action"],
        "Resource": arn,
    }
    if organization:
        made["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": organization}}
    return made


def with_statement(statements: list[Statement], added: Statement) -> list[Statement]:
    """Return statements with one more. Raises ResourceConflictException, PolicyLengthExceededException."""
    sid = added["Sid"]
    if any(one["Sid"] == sid for one in statements):
        raise conflict(
            f"The statement id ({sid}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )
    made = [*statements, added]
    size = len(policy_document(made).encode())
    if size > MAX_POLICY_BYTES:
        raise lambda_.errors.PolicyLengthExceededException(
            f"The final policy size ({size}) is bigger than the limit ({MAX_POLICY_BYTES}).", fields={"Type": "User"}
        )
    return made


def policy_document(statements: list[Statement]) -> str:
    """Return the policy as JSON."""
    return json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": statements}, separators=(",", ":"))
