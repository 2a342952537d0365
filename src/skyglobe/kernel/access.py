"""What a call needs to be allowed: how services tell the policy engine, without knowing it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from skyglobe.kernel.call import Call
    from skyglobe.kernel.scope import Scope

Values = Mapping[str, str | list[str]]

_NOTHING: Values = {}


class LazyValues(Mapping[str, str | list[str]]):
    """Condition keys that are worked out when a policy asks for them."""

    @abstractmethod
    def release(self, over: Call) -> None:
        """Let go of the call for what is left of it, and of its body: decisions are kept longer than calls."""

    def resource_tags(self, scope: Scope) -> Mapping[str, str] | None:
        """Return the tags that count for the resource; None: those it is found to have by its ARN."""
        return None

    @abstractmethod
    def complete(self, scope: Scope) -> None:
        """Look up what of the store deciding did not ask for, as it is in ``scope``."""


class Need(NamedTuple):
    """One permission that a call takes. All of a call's needs must be met."""

    action: str
    """As the service authorization reference has it: ``s3:GetObject``."""
    resource: str
    """ARN, or ``*`` for actions that name no resource."""
    account: str
    """Who owns the resource; twelve digits."""
    context: Values = _NOTHING
    """The service's own condition keys, in lower case: ``{"s3:prefix": "photos/"}``."""
    policy: str | None = None
    """The resource's policy where the service has it at hand, empty when it has none; None: it is asked for it."""

    is_delegated: bool = False
    """Whether the resource's policy alone has the say: the caller's own policies were asked for what it came through.
    Their denials count all the same."""

    @property
    def bare(self) -> Need:
        """The need alone, to be remembered: without condition keys and policy."""
        return tuple.__new__(Need, (self.action, self.resource, self.account, _NOTHING, None, False))  # for every call


def lazy_of(need: Need) -> LazyValues | None:
    """Return a need's own condition keys where they are worked out when asked for, else None."""
    context = need.context
    # Asking an abstract class for its instances is slow, and most contexts are plain dicts.
    return context if type(context) is not dict and isinstance(context, LazyValues) else None
