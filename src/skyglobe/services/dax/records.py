"""What DAX keeps: clusters and their nodes, groups, events, attribute lists, and where to listen."""

from __future__ import annotations

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.records import Record
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Counter, Table


class Node(Record, frozen=True, kw_only=True):
    """One node of a cluster."""

    id: str
    zone: str
    created_at: Instant
    status: str
    """``creating``, ``available``, ``rebooting`` or ``deleting``."""
    parameters: dict[str, str]
    """Those in force: they are read when a node starts."""
    number: int
    """Another each time the node starts."""


class Cluster(Resource, frozen=True, kw_only=True):
    """A cluster. Its primary is the first of its nodes that is available."""

    number: int
    """Known to no other cluster, not even a later one of the same name."""
    status: str
    """``creating``, ``available``, ``modifying`` or ``deleting``."""
    node_type: str
    role: str
    nodes: tuple[Node, ...]
    memory: int
    """Another each time all that its nodes remembered is lost."""
    nodes_made: int
    """How many it ever had: names of nodes are not used twice."""
    parameter_group: str
    subnet_group: str
    description: str = ""
    security_groups: tuple[str, ...] = ()
    window: str = ""
    topic: str = ""
    topic_status: str = ""
    is_encrypted: bool = False
    is_tls: bool = False

    @property
    def primary(self) -> Node | None:
        return next((node for node in self.nodes if node.status == "available"), None)


clusters: ResourceTable[Cluster] = ResourceTable(
    "AWS::DAX::Cluster",
    "dax.clusters",
    Cluster,
    indexes={"parameter_group": ("parameter_group",), "subnet_group": ("subnet_group",)},
    is_hot=True,
)


class SubnetGroup(Record, frozen=True, kw_only=True):
    """Subnets that clusters may be in."""

    name: str
    description: str
    subnets: tuple[str, ...]


subnet_groups: Table[SubnetGroup] = Table("dax.subnet_groups", SubnetGroup, key=("name",))


class ParameterGroup(Record, frozen=True, kw_only=True):
    """Values of parameters that clusters go by."""

    name: str
    description: str
    values: dict[str, str] = msgspec.field(default_factory=dict)
    """Those that differ from the defaults."""


parameter_groups: Table[ParameterGroup] = Table("dax.parameter_groups", ParameterGroup, key=("name",))


class Event(Record, frozen=True, kw_only=True):
    """Something that happened to a cluster or a group."""

    at: Instant
    order: int
    source: str
    type: str
    message: str


events: Table[Event] = Table("dax.events", Event, key=("at", "order"))


class AttributeList(Record, frozen=True, kw_only=True):
    """The names of an item's attributes, which clients name by number, for as long as they live."""

    cluster: int
    number: int
    digest: bytes
    """Of the names, to find them by."""
    names: tuple[str, ...]


attribute_lists: Table[AttributeList] = Table(
    "dax.attribute_lists", AttributeList, key=("cluster", "number"), indexes={"digest": ("cluster", "digest")}
)
list_counts = Counter("dax.list_counts")


class Listener(Record, frozen=True, kw_only=True):
    """A port that is to be open."""

    name: str
    """Of its address: see ``engines.addresses``."""
    account: str
    region: str
    cluster: str
    node: str
    """Empty for a cluster's own endpoint, which leads to all of its nodes."""
    number: int
    """Of the node's start; connections to one before are cut."""
    is_tls: bool


listeners: Table[Listener] = Table("dax.listeners", Listener, key=("name",), reach="global")
