"""What Lambda keeps: functions with their versions and aliases, packages of code, layers, and what hangs on them."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Counter, Record, Table
from skyglobe.services.lambda_.rules.names import version_label


class Function(Resource, frozen=True, kw_only=True):
    """A function: what all its versions have in common."""

    number: int
    """Known to no other function, not even to a later one of the same name."""
    last_version: int = 0
    """The highest number ever given to a version; numbers are not given twice."""
    published: int = 0
    """The version that is ``$LATEST`` as it is now, 0 when there is none."""
    reserved: int | None = None
    """Concurrent executions that are its own."""
    code_signing_arn: str = ""
    recursive_loop: str = "Terminate"

    @property
    def signed_by(self) -> str | None:
        return self.code_signing_arn or None


functions: ResourceTable[Function] = ResourceTable(
    "AWS::Lambda::Function",
    "lambda.functions",
    Function,
    indexes={"signed": ("signed_by",)},
    is_hot=True,
)
code_bytes = Counter("lambda.code_bytes")
"""Under ``all``: the size of all packages of functions and layers in an account's region."""
reserved_places = Counter("lambda.reserved")
"""Under ``all``: the sum of what functions in an account's region have reserved."""


class LayerUse(msgspec.Struct, frozen=True, array_like=True):
    """A layer's version as a function uses it: it stays usable when it is deleted."""

    arn: str
    sha256: str
    size_bytes: int
    unpacked_bytes: int


class Version(Record, frozen=True, kw_only=True):
    """One version of a function with its whole configuration. Number 0 is ``$LATEST``, the only one that changes."""

    function: str
    number: int
    revision: str
    modified_at: Instant
    role: str
    sha256: str
    """Of the package, in base64 as the API shows it."""
    size_bytes: int
    unpacked_bytes: int
    runtime: str
    handler: str
    description: str = ""
    timeout_s: int = 3
    memory_mb: int = 128
    ephemeral_mb: int = 512
    variables: dict[str, str] | None = None
    layers: tuple[LayerUse, ...] = ()
    architecture: str = "x86_64"
    dead_letters_to: str = ""
    tracing: str = "PassThrough"
    kms_key: str = ""
    source_kms_key: str = ""
    snap_start: str = "None"
    log_format: str = "Text"
    application_level: str = ""
    system_level: str = ""
    log_group: str = ""
    signing_profile: str = ""
    state: str = "Active"
    state_code: str = ""
    update: str = "Successful"
    update_code: str = ""
    update_runtime_on: str = "Auto"
    runtime_version_arn: str = ""
    durable_timeout_s: int = 0
    """How long a durable execution may take; 0 for a function that is not durable."""
    durable_kept_days: int = 0
    sealed_variables: bytes = b""
    """The variables encrypted under ``kms_key``; ``variables`` has none then."""

    @property
    def label(self) -> str:
        return version_label(self.number)


versions: Table[Version] = Table("lambda.versions", Version, key=("function", "number"), is_hot=True)


class Alias(Record, frozen=True, kw_only=True):
    """A name for a version, or for two that share its invocations."""

    function: str
    name: str
    version: int
    description: str
    revision: str
    weights: dict[str, float] = msgspec.field(default_factory=dict)
    """The share of another version: ``{"2": 0.1}``."""


aliases: Table[Alias] = Table("lambda.aliases", Alias, key=("function", "name"), is_hot=True)


class Package(Record, frozen=True):
    """A zip archive. Who uses the same one shares it."""

    sha256: str
    blob: str
    size_bytes: int
    unpacked_bytes: int
    uses: int


packages: Table[Package] = Table("lambda.packages", Package, key=("sha256",), reach="global")


class Grants(Record, frozen=True, kw_only=True):
    """The resource policy of a function, a version or an alias: its statements, as they are shown."""

    function: str
    qualifier: str
    """Empty for the function itself."""
    revision: str
    statements: list[dict[str, Any]]


grants: Table[Grants] = Table("lambda.grants", Grants, key=("function", "qualifier"), is_hot=True)


class Layer(Record, frozen=True):
    """A layer's name, and the highest number ever given to a version of it."""

    name: str
    last_version: int


layers: Table[Layer] = Table("lambda.layers", Layer, key=("name",))


class LayerVersion(Record, frozen=True, kw_only=True):
    """One version of a layer."""

    name: str
    number: int
    arn: str
    created_at: Instant
    sha256: str
    size_bytes: int
    unpacked_bytes: int
    description: str = ""
    license: str = ""
    runtimes: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    statements: list[dict[str, Any]] = msgspec.field(default_factory=list)
    """Of its resource policy."""
    revision: str = ""

    @property
    def layer_arn(self) -> str:
        return self.arn.rpartition(":")[0]


layer_versions: Table[LayerVersion] = Table("lambda.layer_versions", LayerVersion, key=("name", "number"))


class EventInvokeConfig(Record, frozen=True, kw_only=True):
    """How asynchronous invocations of a function, a version or an alias are dealt with."""

    function: str
    qualifier: str
    """``$LATEST`` for the function itself."""
    modified_at: Instant
    retries: int | None = None
    max_age_s: int | None = None
    on_success: str = ""
    on_failure: str = ""


event_invoke_configs: Table[EventInvokeConfig] = Table(
    "lambda.event_invoke_configs", EventInvokeConfig, key=("function", "qualifier")
)


class ProvisionedConcurrency(Record, frozen=True, kw_only=True):
    """Environments that are kept ready for a version or an alias."""

    function: str
    qualifier: str
    requested: int
    modified_at: Instant
    allocated: int = 0
    status: str = "IN_PROGRESS"
    reason: str = ""


provisioned: Table[ProvisionedConcurrency] = Table(
    "lambda.provisioned", ProvisionedConcurrency, key=("function", "qualifier")
)


class FunctionUrl(Record, frozen=True, kw_only=True):
    """The HTTPS endpoint of a function or an alias."""

    function: str
    qualifier: str
    """An alias; empty for ``$LATEST``."""
    id: str
    """The first label of its host name."""
    auth: str
    created_at: Instant
    modified_at: Instant
    cors: dict[str, Any] | None = None
    invoke_mode: str = "BUFFERED"


function_urls: Table[FunctionUrl] = Table("lambda.urls", FunctionUrl, key=("function", "qualifier"))


class UrlPlace(Record, frozen=True):
    """Whose URL an id is."""

    id: str
    account: str
    region: str
    function: str
    qualifier: str


url_places: Table[UrlPlace] = Table("lambda.url_places", UrlPlace, key=("id",), reach="global", is_hot=True)


class CodeSigning(Resource, frozen=True, kw_only=True):
    """Whose signatures on code are trusted, and what happens to other code."""

    description: str
    profiles: tuple[str, ...]
    policy: str
    modified_at: Instant


code_signings: ResourceTable[CodeSigning] = ResourceTable(
    "AWS::Lambda::CodeSigningConfig", "lambda.code_signings", CodeSigning
)


class QueuedEvent(Record, frozen=True, kw_only=True):
    """An asynchronous invocation that is not over."""

    id: str
    """The request id."""
    function: str
    number: int
    """The function's."""
    qualifier: str
    """As it was invoked; empty for none."""
    payload: bytes
    received_at: Instant
    trace: str = ""
    attempts: int = 0
    throttles: int = 0


queued_events: Table[QueuedEvent] = Table("lambda.queue", QueuedEvent, key=("id",))


class Mapping(Resource, frozen=True, kw_only=True):
    """An event source mapping: what Lambda reads, and which function it invokes with it."""

    function: str
    qualifier: str
    source_arn: str
    batch_size: int
    window_s: int = 0
    state: str = "Creating"
    reason: str = "USER_INITIATED"
    modified_at: Instant = 0
    result: str = ""
    """Of the last batch: ``OK``, ``PROBLEM: …``."""
    filters: tuple[str, ...] = ()
    reports_failures: bool = False
    max_concurrency: int | None = None
    position: str = ""
    position_at: Instant | None = None
    parallel: int = 1
    on_failure: str = ""
    max_age_s: int = -1
    bisects: bool = False
    retries: int = -1
    tumbling_s: int = 0
    kms_key: str = ""
    metrics: tuple[str, ...] = ()

    @property
    def source_kind(self) -> str:
        """``sqs``, ``kinesis`` or ``dynamodb``."""
        return self.source_arn.split(":", 3)[2]


mappings: ResourceTable[Mapping] = ResourceTable(
    "AWS::Lambda::EventSourceMapping",
    "lambda.mappings",
    Mapping,
    indexes={"function": ("function",), "source": ("source_arn",)},
)


class ShardState(Record, frozen=True, kw_only=True):
    """How far a mapping has read a shard, or its share of one, and what it tries again there."""

    mapping: str
    shard: str
    lane: int = 0
    """Which share of the shard's partition keys, where several are read at the same time."""
    sequence: str = ""
    """Of the last record that is dealt with; empty before the first."""
    is_done: bool = False
    attempts: int = 0
    """Failures of the batch that begins after ``sequence``."""
    size: int = 0
    """How many records that batch has when it was cut in two; 0 for as many as there are."""
    retry_at: Instant = 0
    window_start: Instant = 0
    """Of the tumbling window that is open; 0 for none."""
    window_state: bytes = b""
    """JSON: what the function told of that window so far."""


shard_states: Table[ShardState] = Table("lambda.shards", ShardState, key=("mapping", "shard", "lane"))
