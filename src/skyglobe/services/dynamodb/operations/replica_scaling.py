"""UpdateTableReplicaAutoScaling and DescribeTableReplicaAutoScaling: auto scaling of all replicas of a table at once.

The settings are scalable targets and policies of Application Auto Scaling in each region, where they can be seen and
changed as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.finding import Found, describe_table_at
from skyglobe.services.dynamodb.records import DynamoTable, tables
from skyglobe.services.dynamodb.refusals import invalid

_SCALING = "application-autoscaling"
_LIMITS = ("MinimumUnits", "MaximumUnits")

Given = dict[str, Any]


class Capacity:
    """The units of one side, ``Read`` or ``Write``, of a table or an index in one region, as they are scaled.

    What is asked of Application Auto Scaling, the caller asks: it needs the permissions itself.
    """

    def __init__(self, call: Call, found: Found, side: str, index: str = "") -> None:
        self._call = call
        self._caller = ServiceCaller.of(
            call.kernel, found.scope.account, found.scope.region, call.principal.via("dynamodb.amazonaws.com")
        )
        kind = "index" if index else "table"
        resource = f"table/{found.table.id}/index/{index}" if index else f"table/{found.table.id}"
        self.place = {
            "ServiceNamespace": "dynamodb",
            "ResourceId": resource,
            "ScalableDimension": f"dynamodb:{kind}:{side}CapacityUnits",
        }
        self._metric = f"DynamoDB{side}CapacityUtilization"

    def _ask(self, operation: str, params: Given) -> Any:
        return self._caller.call_within(self._call, _SCALING, operation, params)

    def _policies(self) -> list[Given]:
        found: list[Given] = self._ask("DescribeScalingPolicies", self.place)["ScalingPolicies"]
        return found

    def _target(self) -> Given | None:
        place = {**self.place, "ResourceIds": [self.place["ResourceId"]]}
        del place["ResourceId"]
        found: list[Given] = self._ask("DescribeScalableTargets", place)["ScalableTargets"]
        return found[0] if found else None

    def change(self, given: Given) -> None:
        """Make the scaling of these units what an update says. Raises ValidationException."""
        try:
            self._change(given)
        except ServiceError as error:
            if error.code not in ("ValidationException", "ObjectNotFoundException"):
                raise
            raise invalid(error.message) from error

    def _change(self, given: Given) -> None:
        if given.get("AutoScalingDisabled"):
            if self._target() is not None:
                self._ask("DeregisterScalableTarget", self.place)
            return
        limits = {
            member: given[name]
            for name, member in zip(_LIMITS, ("MinCapacity", "MaxCapacity"), strict=True)
            if given.get(name) is not None
        }
        if limits or self._target() is None:
            self._ask("RegisterScalableTarget", {**self.place, **limits})
        update = given.get("ScalingPolicyUpdate")
        if update is None:
            return
        known = next(iter(self._policies()), None)
        name = update.get("PolicyName") or (known["PolicyName"] if known is not None else self._default_name)
        metric = {"PredefinedMetricSpecification": {"PredefinedMetricType": self._metric}}
        tracking = {**update["TargetTrackingScalingPolicyConfiguration"], **metric}
        params = {"PolicyName": name, "PolicyType": "TargetTrackingScaling"}
        self._ask("PutScalingPolicy", {**self.place, **params, "TargetTrackingScalingPolicyConfiguration": tracking})

    @property
    def _default_name(self) -> str:
        return f"{self._metric}:{self.place['ResourceId']}"

    def shape(self) -> Given:
        """Return AutoScalingSettingsDescription; of units that are not scaled, that they are not."""
        target = self._target()
        if target is None:
            return {"AutoScalingDisabled": True}
        return {
            "MinimumUnits": target["MinCapacity"],
            "MaximumUnits": target["MaxCapacity"],
            "AutoScalingRoleArn": target["RoleARN"],
            "ScalingPolicies": [
                {
                    "PolicyName": policy["PolicyName"],
                    "TargetTrackingScalingPolicyConfiguration": {
                        name: value
                        for name, value in policy["TargetTrackingScalingPolicyConfiguration"].items()
                        if not name.endswith("MetricSpecification")
                    },
                }
                for policy in self._policies()
            ],
        }


@dynamodb.operation
def update_table_replica_auto_scaling(
    call: Call,
    table_name: str,
    global_secondary_index_updates: list[Given] | None = None,
    provisioned_write_capacity_auto_scaling_update: Given | None = None,
    replica_updates: list[Given] | None = None,
) -> dict[str, Any]:
    """Have the units of all replicas scaled alike for writes, and each as it wants for reads.

    A role is not taken: the service-linked role of Application Auto Scaling counts.
    """
    found = describe_table_at(call, table_name)
    _check(call, found)
    regions = dict(_regions(found))
    for place in regions.values():
        if provisioned_write_capacity_auto_scaling_update is not None:
            Capacity(call, place, "Write").change(provisioned_write_capacity_auto_scaling_update)
        for update in global_secondary_index_updates or ():
            if update.get("ProvisionedWriteCapacityAutoScalingUpdate") is not None:
                name = _index(place.table, update.get("IndexName", ""))
                Capacity(call, place, "Write", name).change(update["ProvisionedWriteCapacityAutoScalingUpdate"])
    for update in replica_updates or ():
        there = regions.get(update["RegionName"])
        if there is None:
            raise dynamodb.errors.ResourceNotFoundException(
                f"Requested resource not found: Replica: {update['RegionName']} not found"
            )
        if update.get("ReplicaProvisionedReadCapacityAutoScalingUpdate") is not None:
            Capacity(call, there, "Read").change(update["ReplicaProvisionedReadCapacityAutoScalingUpdate"])
        for change in update.get("ReplicaGlobalSecondaryIndexUpdates") or ():
            if change.get("ProvisionedReadCapacityAutoScalingUpdate") is not None:
                name = _index(there.table, change.get("IndexName", ""))
                Capacity(call, there, "Read", name).change(change["ProvisionedReadCapacityAutoScalingUpdate"])
    return {"TableAutoScalingDescription": _described(call, found)}


@dynamodb.operation
def describe_table_replica_auto_scaling(call: Call, table_name: str) -> dict[str, Any]:
    """Tell how the units of all replicas of a table are scaled."""
    found = describe_table_at(call, table_name)
    _check(call, found)
    return {"TableAutoScalingDescription": _described(call, found)}


def _check(call: Call, found: Found) -> None:
    if call.kernel.services.find(_SCALING) is None:
        raise dynamodb.error("NotImplemented", "Skyglobe offers no Application Auto Scaling.", status=501)
    if found.table.is_legacy:
        raise invalid("This operation only applies to version 2019.11.21 of global tables.")


def _index(table: DynamoTable, name: str) -> str:
    index = table.find_index(name)
    if index is None or index.is_local:
        raise dynamodb.errors.ResourceNotFoundException(f"Requested resource not found: Index: {name} not found")
    return name


def _regions(found: Found) -> Iterator[tuple[str, Found]]:
    """Yield the replicas by region, this one first."""
    yield found.scope.region, found
    for region in sorted(found.table.replicas):
        there = found.scope.within(region=region)
        replica = tables.find(there, found.table.id)
        if replica is not None:
            yield region, Found(there, replica)


def _described(call: Call, found: Found) -> Given:
    return {
        "TableName": found.table.id,
        "TableStatus": found.table.status_at(call.now),
        "Replicas": [_replica(call, region, place) for region, place in _regions(found)],
    }


def _replica(call: Call, region: str, place: Found) -> Given:
    return {
        "RegionName": region,
        "ReplicaStatus": place.table.status_at(call.now),
        "ReplicaProvisionedReadCapacityAutoScalingSettings": Capacity(call, place, "Read").shape(),
        "ReplicaProvisionedWriteCapacityAutoScalingSettings": Capacity(call, place, "Write").shape(),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index.name,
                "IndexStatus": index.status,
                "ProvisionedReadCapacityAutoScalingSettings": Capacity(call, place, "Read", index.name).shape(),
                "ProvisionedWriteCapacityAutoScalingSettings": Capacity(call, place, "Write", index.name).shape(),
            }
            for index in place.table.indexes
            if not index.is_local
        ],
    }
