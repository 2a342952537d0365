"""What SNS keeps: topics, subscriptions, what is on its way, archives, and what phones and apps there are."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Counter, Record, Table

Attributes = dict[str, dict[str, Any]]
"""Of a message, as the API has them: ``{"color": {"DataType": "String", "StringValue": "red"}}``."""


class Topic(Resource, frozen=True, kw_only=True):
    """A topic. ``attributes`` holds what was set, in the API's names and words."""

    number: int
    """Known to no other topic, not even a later one of the same name."""
    is_fifo: bool = False
    attributes: dict[str, str] = msgspec.field(default_factory=dict)
    data_protection: str = ""

    @property
    def deduplicates_content(self) -> bool:
        return self.attributes.get("ContentBasedDeduplication") == "true"

    @property
    def is_by_group(self) -> bool:
        return self.attributes.get("FifoThroughputScope") == "MessageGroup"


topics: ResourceTable[Topic] = ResourceTable("AWS::SNS::Topic", "sns.topics", Topic, is_hot=True)
counts = Counter("sns.counts")
"""By what is counted: topics of a kind, subscriptions of a topic by state, filter policies."""


class Subscription(Resource, frozen=True, kw_only=True):
    """Who is told of what a topic publishes. It lies where its topic does; ``owner`` may be another account."""

    number: int
    """The topic's: a later topic of the same name has other subscriptions."""
    topic: str
    """The topic's name."""
    protocol: str
    endpoint: str
    principal: str
    """ARN of who subscribed."""
    since: int | None = None
    """Order of its confirmation: earlier messages are not for it. None while it is pending."""
    was_authenticated: bool = False
    """Whether a signed call confirmed it."""
    is_locked: bool = False
    """Confirmed with AuthenticateOnUnsubscribe: only signed calls end it."""
    attributes: dict[str, str] = msgspec.field(default_factory=dict)
    replay: Replay | None = None

    @property
    def is_raw(self) -> bool:
        return self.attributes.get("RawMessageDelivery") == "true"

    @property
    def is_pending(self) -> bool:
        return self.since is None


class Replay(msgspec.Struct, frozen=True, array_like=True):
    """How far the replay of an archive has come."""

    number: int
    """Later replays of a subscription have larger ones."""
    after: int
    """Order of the last message that was looked at."""
    stop_at: Instant | None
    """End of a replay that has one. One without goes on until it has caught up with what is published."""
    status: str = "In progress"


subscriptions: ResourceTable[Subscription] = ResourceTable(
    "AWS::SNS::Subscription",
    "sns.subscriptions",
    Subscription,
    key=("number", "id"),
    indexes={"endpoint": ("number", "protocol", "endpoint")},
)


class Subscribed(Record, frozen=True):
    """Where a subscription is, kept with the account that made it: the topic may be another's."""

    arn: str


subscribed: Table[Subscribed] = Table("sns.subscribed", Subscribed, key=("arn",))


class Token(Record, frozen=True):
    """What proves that who reads at an endpoint agrees."""

    token: str
    number: int
    """The topic's."""
    subscription: str
    expires_at: Instant
    revives: bytes = b""
    """The subscription to make again, for the token that comes with the news that it ended."""


tokens: Table[Token] = Table("sns.tokens", Token, key=("token",), indexes={"subscription": ("number", "subscription")})


class Sealed(msgspec.Struct, frozen=True):
    """A text encrypted under a data key of KMS."""

    data: bytes
    data_key: bytes
    """Itself encrypted under the topic's KMS key."""
    publisher: Principal
    """In whose name KMS decrypts it."""


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message on its way from a topic to its subscriptions."""

    id: str
    order: int
    topic: str
    number: int
    """The topic's."""
    at: Instant
    text: str
    subject: str | None = None
    attributes: Attributes = msgspec.field(default_factory=dict)
    is_structured: bool = False
    """Whether ``text`` is JSON with a text for each protocol."""
    group: str | None = None
    deduplication: str | None = None
    trace: str | None = None
    sealed: Sealed | None = None
    """Of a topic with a KMS key: what is kept instead of ``text``."""


class Archived(Record, frozen=True):
    """A message kept for replays."""

    number: int
    order: int
    message: Message


archive: Table[Archived] = Table("sns.archive", Archived, key=("number", "order"))


class Deduplication(Record, frozen=True):
    """A deduplication id in use. Kept by spans of five minutes so that whole spans can be forgotten."""

    number: int
    span: int
    scope: str
    """The message group, or empty when ids hold for the whole topic."""
    id: str
    at: Instant
    message_id: str
    order: int


deduplications: Table[Deduplication] = Table("sns.deduplications", Deduplication, key=("number", "span", "scope", "id"))


class Sending(Record, frozen=True):
    """One HTTP delivery until it has succeeded or was given up."""

    number: int
    topic: str
    subscription: str
    """Id of the subscription; its ARN at the time is in ``arn``."""
    arn: str
    kind: str
    """``Notification``, ``SubscriptionConfirmation`` or ``UnsubscribeConfirmation``."""
    url: str
    message_id: str
    body: str
    is_raw: bool = False
    content_type: str = ""
    retries: int = 0
    attributes: Attributes = msgspec.field(default_factory=dict)
    sealed: Sealed | None = None
    """Of a topic with a KMS key: what is kept instead of ``body``."""


sendings: Table[Sending] = Table("sns.sendings", Sending, key=("number",))


class Finding(Record, frozen=True):
    """What an audit found, until it is written into its bucket."""

    bucket: str
    order: int
    text: str


findings: Table[Finding] = Table("sns.findings", Finding, key=("bucket", "order"))


class Pace(Record, frozen=True):
    """How many deliveries a subscription with a throttle policy was given in a second."""

    subscription: str
    second: int
    used: int


paces: Table[Pace] = Table("sns.paces", Pace, key=("subscription",))


class PlatformApplication(Resource, frozen=True, kw_only=True):
    """A push service's credentials for one app. ``id`` is ``PLATFORM/NAME``."""

    platform: str
    attributes: dict[str, str] = msgspec.field(default_factory=dict)


applications: ResourceTable[PlatformApplication] = ResourceTable(
    "AWS::SNS::PlatformApplication", "sns.applications", PlatformApplication
)


class PlatformEndpoint(Resource, frozen=True, kw_only=True):
    """An app on one device. ``id`` is ``PLATFORM/NAME/UUID``."""

    application: str
    token: str
    attributes: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def is_enabled(self) -> bool:
        return self.attributes.get("Enabled") == "true"


endpoints: ResourceTable[PlatformEndpoint] = ResourceTable(
    "AWS::SNS::PlatformEndpoint",
    "sns.endpoints",
    PlatformEndpoint,
    key=("application", "id"),
    indexes={"token": ("application", "token")},
)


class SmsSettings(Record, frozen=True):
    """What SetSMSAttributes set."""

    key: str
    attributes: dict[str, str]


sms_settings: Table[SmsSettings] = Table("sns.sms_settings", SmsSettings, key=("key",))


class SandboxNumber(Record, frozen=True):
    """A phone number that SMS may be sent to while the account is in the sandbox, once it is verified."""

    number: str
    code: str
    is_verified: bool = False
    tries: int = 0
    created_at: Instant = 0


sandbox_numbers: Table[SandboxNumber] = Table("sns.sandbox", SandboxNumber, key=("number",))


class OptOut(Record, frozen=True):
    """A phone number whose owner wants no messages."""

    number: str
    is_out: bool
    opted_in_at: Instant = 0


opt_outs: Table[OptOut] = Table("sns.opt_outs", OptOut, key=("number",))


class SigningKey(Record, frozen=True):
    """What messages are signed with: made once for each cloud."""

    key: str
    private_pem: bytes
    certificate_pem: bytes


signing_keys: Table[SigningKey] = Table("sns.signing", SigningKey, key=("key",), reach="global")
