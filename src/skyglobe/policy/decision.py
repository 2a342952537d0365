"""The decision, in AWS's order.

An explicit deny anywhere ends it. Then every layer that applies must allow: resource control policies, service control
policies (each level of the organization), the VPC endpoint's policy, the resource's policy, identity-based policies,
the permissions boundary, session policies. Which of the last four apply depends on whom the resource's policy names.
IAM user guide, "Policy evaluation logic".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from mypy_extensions import mypyc_attr

from skyglobe.kernel.principals import Principal
from skyglobe.policy.documents import Policy
from skyglobe.policy.messages import Layer, denial
from skyglobe.policy.patterns import Context
from skyglobe.policy.principals import Caller, Naming, caller_of
from skyglobe.policy.statements import Asked, Lot, Statement, find_applying

if TYPE_CHECKING:
    from skyglobe.policy.explanation import Step

Outcome = Literal["allowed", "explicitDeny", "implicitDeny"]


class Question(NamedTuple):
    """May ``principal`` do ``action`` to ``resource``?"""

    principal: Principal
    action: str
    """``s3:GetObject``"""
    resource: str
    """An ARN; ``*`` for actions without one."""
    context: Context
    """Condition keys in lower case, to their value or values."""
    resource_account: str
    """Account that owns the resource."""
    canonical_user: str = ""
    """The S3 canonical id of the caller's account, where policies may name it."""


class Source(NamedTuple):
    """A policy, and where it hangs."""

    policy: Policy
    name: str
    arn: str = ""
    kind: str = "inline"
    of: str = ""
    """ARN of the user, group, role or resource that holds it."""


class PolicySet(NamedTuple):
    """All policies that may speak on a question. An organization's are one tuple for each level; none: no levels."""

    identity: tuple[Source, ...] = ()
    boundary: Source | None = None
    session: tuple[Source, ...] = ()
    resource: Source | None = None
    scps: tuple[tuple[Source, ...], ...] = ()
    rcps: tuple[tuple[Source, ...], ...] = ()
    endpoint: Source | None = None
    """The policy of the VPC endpoint the request came through."""
    is_resource_policy_required: bool = False
    """Whether only the resource's own policy opens the door: KMS keys. Trust policies are so of themselves."""


class Match(NamedTuple):
    """A statement that applied to the question."""

    layer: Layer
    source: Source
    statement: Statement
    naming: Naming


class Decision(NamedTuple):
    """An answer, and what it was drawn from. ``skyglobe.policy.explain`` tells the whole chain."""

    question: Question
    policies: PolicySet
    outcome: Outcome
    layer: Layer | None
    """The layer that denied; for a permission, the one that granted; None where the root user needs none."""
    matched: tuple[Match, ...]
    """The deciding statements: the first deny, or the first that allowed in each layer asked."""

    @property
    def is_allowed(self) -> bool:
        return self.outcome == "allowed"

    @property
    def trail(self) -> tuple[Step, ...]:
        """Every statement that had a say, and what it failed on; see ``skyglobe.policy.explain``."""
        from skyglobe.policy.explanation import explain

        return explain(self)

    @property
    def message(self) -> str:
        """AWS's text for the AccessDenied error; empty when allowed."""
        if self.layer is None or self.outcome == "allowed":
            return ""
        question = self.question
        return denial(
            question.principal.arn,
            question.action,
            question.resource,
            self.layer,
            is_explicit=self.outcome == "explicitDeny",
        )


class Group(NamedTuple):
    """Policies of which one must allow: a layer, or one level of an organization's."""

    layer: Layer
    sources: tuple[Source, ...]


def asked_of(question: Question, policies: PolicySet) -> Asked:
    """Return ``question`` as statements see it."""
    caller = caller_of(question.principal, question.canonical_user)
    if policies.boundary is not None and caller.type != "root":
        caller = caller._replace(is_bounded=True)
    return Asked(question.action.lower(), question.resource, question.context, caller)


def resource_layer(policies: PolicySet) -> Layer:
    """Return ``trust`` where the resource's policy is a role's, else ``resource``."""
    return "trust" if policies.resource is not None and policies.resource.policy.kind == "trust" else "resource"


def groups_of(question: Question, policies: PolicySet, caller: Caller) -> Iterator[Group]:
    """Yield the policies that have a say, in AWS's order.

    Service-linked roles are exempt from an organization's policies, service principals from service control policies.
    """
    is_service_linked = ":role/aws-service-role/" in caller.issuer_arn
    if policies.rcps and not is_service_linked:
        for level in policies.rcps:
            yield Group("rcp", level)
    if policies.scps and not is_service_linked and caller.type not in ("service", "anonymous", "token"):
        for level in policies.scps:
            yield Group("scp", level)
    if policies.endpoint is not None:
        yield Group("endpoint", (policies.endpoint,))
    if policies.resource is not None:
        yield Group(resource_layer(policies), (policies.resource,))
    if caller.type != "root" and policies.identity:
        yield Group("identity", policies.identity)
    if caller.type != "root" and policies.boundary is not None:
        yield Group("boundary", (policies.boundary,))
    if policies.session:
        yield Group("session", policies.session)


def decide(question: Question, policies: PolicySet) -> Decision:
    """Decide one question. Never raises: policies that cannot be read were compiled to deny."""
    asked = asked_of(question, policies)
    groups = list(groups_of(question, policies, asked.caller))
    denied = _find_deny(groups, asked)
    if denied is not None:
        return Decision(question, policies, "explicitDeny", denied.layer, (denied,))
    return _Weighing(question, policies, asked, groups).decision()


class _Spoken(NamedTuple):
    """Statements of one policy of a layer that may speak of a question."""

    source: Source
    statements: Lot


class _Layered(NamedTuple):
    """The statements of a layer that may speak of one action on one resource."""

    denying: tuple[_Spoken, ...]
    allowing: tuple[_Spoken, ...]


_MOST_QUESTIONS = 64

Key = tuple[str, str, str, str, Policy | None]
"""Caller (by its access key), action, resource, its account, and its own policy: with the caller's policies and what
is asked of the request, all that a decision depends on."""


class _Decided(NamedTuple):
    """A decision without the question it was made for."""

    asked: tuple[tuple[str, str | Sequence[str] | None], ...]
    """The condition keys that were asked for, and their values."""
    outcome: Outcome
    layer: Layer | None
    matched: tuple[Match, ...]


@mypyc_attr(native_class=False)  # compiled classes cannot derive from tuples
class Sources(tuple[Source, ...]):  # noqa: SLOT001 - tuples can have no slots of their own
    """A caller's policies, kept together with what they may say of what was asked last, and what was decided."""

    def __init__(self, _: Iterable[Source] = ()) -> None:
        self._spoken: dict[tuple[str, str], _Layered] = {}
        self._decided: dict[Key, _Decided] = {}

    def spoken_of(self, asked: Asked) -> _Layered:
        """Return the statements that may speak of a question."""
        question = (asked.action, asked.resource)
        found = self._spoken.get(question)
        if found is None:
            if len(self._spoken) >= _MOST_QUESTIONS:
                self._spoken.clear()
            found = self._spoken[question] = _find_spoken(self, asked)
        return found

    def recall(self, key: Key, question: Question, policies: PolicySet) -> Decision | None:
        """Return the decision that was made for ``key`` if all it asked of the request is as it was; else None."""
        known = self._decided.get(key)
        if known is None:
            return None
        context = question.context
        for name, value in known.asked:
            if context.get(name) != value:
                return None
        return Decision(question, policies, known.outcome, known.layer, known.matched)

    def remember(self, key: Key, decision: Decision, asked: Iterable[str]) -> None:
        """Keep a decision with the condition keys that were asked for, and their values."""
        if len(self._decided) >= _MOST_QUESTIONS:
            self._decided.clear()
        context = decision.question.context
        values = tuple((name, context.get(name)) for name in asked)
        self._decided[key] = _Decided(values, decision.outcome, decision.layer, decision.matched)


def _spoken_of(group: Group, asked: Asked) -> _Layered:
    sources = group.sources
    return sources.spoken_of(asked) if isinstance(sources, Sources) else _find_spoken(sources, asked)


def _find_spoken(sources: tuple[Source, ...], asked: Asked) -> _Layered:
    action, resource = asked.action, asked.resource
    denying: list[_Spoken] = []
    allowing: list[_Spoken] = []
    for source in sources:
        speaking = source.policy.candidates(action).speaking(resource)
        if speaking.denying.statements:
            denying.append(_Spoken(source, speaking.denying))
        if speaking.allowing.statements:
            allowing.append(_Spoken(source, speaking.allowing))
    return _Layered(tuple(denying), tuple(allowing))


def _find_deny(groups: Iterable[Group], asked: Asked) -> Match | None:
    for group in groups:
        for source, denying in _spoken_of(group, asked).denying:
            likely = denying.likely(asked.context)
            if likely and (found := find_applying(likely, asked, Naming.ACCOUNT)):
                return Match(group.layer, source, *found)
    return None


def _find_allow(group: Group, asked: Asked) -> Match | None:
    """Return the statement that allows; of a resource's policy, the one that names the caller most closely."""
    for source, allowing in _spoken_of(group, asked).allowing:
        # Only a resource's policy names callers in several ways, and it stands alone in its layer.
        likely = allowing.likely(asked.context)
        if likely and (found := find_applying(likely, asked, Naming.CALLER)):
            return Match(group.layer, source, *found)
    return None


class _Weighing:
    """The layers of one question that no statement denied."""

    def __init__(self, question: Question, policies: PolicySet, asked: Asked, groups: list[Group]) -> None:
        self.question = question
        self.policies = policies
        self.asked = asked
        self.groups = groups
        self.matched: list[Match] = []

    def decision(self) -> Decision:
        for group in self.groups:
            if group.layer in ("rcp", "scp", "endpoint") and not self._allows(group):
                return self._answer("implicitDeny", group.layer)
        granted = self._resource_policy()
        if self.asked.caller.type in ("anonymous", "service", "token"):
            # They have no identity-based policies: the resource's policy is all there is.
            return self._answer("allowed" if granted else "implicitDeny", resource_layer(self.policies))
        if granted is Naming.NONE and (self._is_cross_account or self._must_resource_allow):
            return self._answer("implicitDeny", resource_layer(self.policies))
        if granted is Naming.CALLER and not self._is_cross_account:
            return self._answer("allowed", resource_layer(self.policies))
        return self._identity(is_granted=granted is Naming.ISSUER and not self._is_cross_account)

    @property
    def _is_cross_account(self) -> bool:
        return self.question.resource_account != self.asked.caller.account

    @property
    def _must_resource_allow(self) -> bool:
        return self.policies.is_resource_policy_required or resource_layer(self.policies) == "trust"

    def _resource_policy(self) -> Naming:
        if self.policies.resource is None:
            return Naming.NONE
        match = _find_allow(Group(resource_layer(self.policies), (self.policies.resource,)), self.asked)
        if match is None:
            return Naming.NONE
        self.matched.append(match)
        return match.naming

    def _identity(self, *, is_granted: bool) -> Decision:
        """Ask what limits the caller; ``is_granted`` says that the resource's policy stands in for identity's."""
        caller, policies = self.asked.caller, self.policies
        is_root = caller.type == "root" or caller.issuer_arn.endswith(":root")
        if not is_granted and not is_root and not self._allows(Group("identity", policies.identity)):
            return self._answer("implicitDeny", "identity")
        if policies.boundary is not None and not is_root and not self._allows(Group("boundary", (policies.boundary,))):
            return self._answer("implicitDeny", "boundary")
        # A federated user has what its session policies grant of its maker's rights: without any, nothing.
        if (policies.session or caller.type == "federated-user") and not self._allows(
            Group("session", policies.session)
        ):
            return self._answer("implicitDeny", "session")
        if is_granted:
            return self._answer("allowed", resource_layer(policies))
        return self._answer("allowed", None if is_root else "identity")

    def _allows(self, group: Group) -> bool:
        match = _find_allow(group, self.asked)
        if match is None:
            return False
        self.matched.append(match)
        return True

    def _answer(self, outcome: Outcome, layer: Layer | None) -> Decision:
        return Decision(self.question, self.policies, outcome, layer, tuple(self.matched))
