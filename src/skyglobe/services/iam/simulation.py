"""One simulation: policies, a caller and a context held against actions and resources by the same engine as calls."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.principals import Principal
from skyglobe.policy import Decision, Policy, PolicySet, Question, Source, decide, explain, parse_policy
from skyglobe.services.iam.refusals import invalid_input
from skyglobe.services.iam.rules.context_keys import missing_keys
from skyglobe.services.iam.rules.positions import spans_of_statements

_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9_.-]+")
_ACCOUNT = re.compile(r"\d{12}")

Context = dict[str, str | list[str]]

_EVERYTHING = Source(
    parse_policy('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}', "identity"),
    "everything",
)


class Simulation(NamedTuple):
    """What is the same for all actions and resources of a simulation."""

    principal: Principal
    policies: PolicySet
    context: Context
    owner: str | None
    """The account that owns resources whose ARN does not say; None where nothing crosses accounts."""

    def result(self, action: str, resource: str) -> dict[str, Any]:
        """Return the outcome of one action on one resource, as the API shows it. Raises InvalidInput."""
        if not _ACTION.fullmatch(action):
            raise invalid_input(f"Invalid action name: {action}")
        question = Question(self.principal, action, resource, self.context, self._owner_of(resource))
        decision = decide(question, self.policies)
        shown: dict[str, Any] = {
            "EvalActionName": action,
            "EvalResourceName": resource,
            "EvalDecision": decision.outcome,
            "MatchedStatements": matched_statements(decision),
            "MissingContextValues": missing_keys(self._spoken(), action, resource, self.context),
        }
        if self.policies.boundary is not None:
            shown["PermissionsBoundaryDecisionDetail"] = {
                "AllowedByPermissionsBoundary": self._is_within_boundary(question)
            }
        if self.policies.scps:
            is_within = self._is_within_organization(question)
            shown["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": is_within}
            if not is_within:
                return shown
        if resource != "*" or self._crosses_accounts(question):
            shown["EvalDecisionDetails"] = self._details(question)
        return shown

    def _crosses_accounts(self, question: Question) -> bool:
        return question.resource_account != self.principal.account

    def _details(self, question: Question) -> dict[str, str]:
        """Return what each side says of a call that crosses accounts; nothing where none is crossed.

        IAM API reference, EvaluationResult: not returned once an organization's policy denies.
        """
        if not self._crosses_accounts(question):
            return {}
        at_home = question._replace(resource_account=self.principal.account)
        by_identity = decide(at_home, PolicySet(identity=self.policies.identity))
        # A caller that may do everything on its own side is stopped by the resource's side alone.
        by_resource = decide(question, PolicySet(identity=(_EVERYTHING,), resource=self.policies.resource))
        return {"IAM Policy": by_identity.outcome, "Resource Policy": by_resource.outcome}

    def _is_within_organization(self, question: Question) -> bool:
        same_account = question._replace(resource_account=question.principal.account)
        return decide(same_account, PolicySet(identity=(_EVERYTHING,), scps=self.policies.scps)).outcome == "allowed"

    def _owner_of(self, resource: str) -> str:
        if self.owner is None:
            return self.principal.account
        if resource == "*":
            return self.owner
        try:
            account = parse_arn(resource).account
        except ValueError:
            raise invalid_input(f"Invalid resource ARN: {resource}") from None
        return account if _ACCOUNT.fullmatch(account) else self.owner

    def _is_within_boundary(self, question: Question) -> bool:
        assert self.policies.boundary is not None
        alone = PolicySet(identity=(self.policies.boundary,))
        same_account = question._replace(resource_account=question.principal.account)
        return decide(same_account, alone).outcome == "allowed"

    def _spoken(self) -> list[Policy]:
        sources = [*self.policies.identity, self.policies.boundary, self.policies.resource]
        return [source.policy for source in sources if source is not None]


def matched_statements(decision: Decision) -> list[dict[str, Any]]:
    """Return the statements that an outcome rests on: those that deny or, for a permission, those that allow."""
    wanted = {"explicitDeny": "denies", "allowed": "allows"}.get(decision.outcome)
    shown = []
    for step in explain(decision):
        # What is stored and cannot be read denies everything, and has no text to point at. An organization's
        # policies are not shown to its members.
        if step.verdict == wanted and step.layer != "scp" and not step.source.policy.malformed:
            span = spans_of_statements(step.source.policy.document)[step.statement.number - 1]
            shown.append(
                {
                    "SourcePolicyId": step.source.name,
                    "SourcePolicyType": step.source.kind,
                    "StartPosition": {"Line": span.start.line, "Column": span.start.column},
                    "EndPosition": {"Line": span.end.line, "Column": span.end.column},
                }
            )
    return shown


def read_context(entries: list[dict[str, Any]]) -> Context:
    """Return the context of a simulation by key in lower case. Raises InvalidInput for keys given twice."""
    context: Context = {}
    for entry in entries:
        key = entry.get("ContextKeyName", "").lower()
        if not key or key in context:
            raise invalid_input(f"Invalid or duplicate context key: {entry.get('ContextKeyName', '')}")
        values = list(entry.get("ContextKeyValues", ()))
        is_list = entry.get("ContextKeyType", "string").endswith("List")
        if not is_list and len(values) != 1:
            raise invalid_input(f"Context key {entry['ContextKeyName']} must have exactly one value")
        context[key] = values if is_list else values[0]
    return context


def source_for_simulation(source: Source) -> Source:
    """Return a stored policy under the name and type the simulator shows it by."""
    if source.kind == "managed":
        kind = "aws-managed" if ":iam::aws:" in source.arn else "user-managed"
        return source._replace(kind=kind)
    holder = parse_arn(source.of).resource
    kind = holder.partition("/")[0]
    return source._replace(kind=kind, name=f"{kind}_{holder.rpartition('/')[2]}_{source.name}")
