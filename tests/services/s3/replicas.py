"""What the stories of replication share: buckets with versions, roles that S3 may assume, rules."""

from __future__ import annotations

import json
from typing import Any

from tests.services.s3.conftest import OWNER

SOURCE_ACTIONS = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
OBJECT_ACTIONS = [
    "s3:GetObjectVersionForReplication",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionTagging",
    "s3:GetObjectRetention",
    "s3:GetObjectLegalHold",
]
REPLICA_ACTIONS = [
    "s3:ReplicateObject",
    "s3:ReplicateDelete",
    "s3:ReplicateTags",
    "s3:ObjectOwnerOverrideToBucketOwner",
]
ALL_ACTIONS = [*SOURCE_ACTIONS, *OBJECT_ACTIONS, *REPLICA_ACTIONS, "s3:InitiateReplication"]


def allowing(*actions: str, resource: str = "*") -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trusting(*services: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_role(session: Any, name: str, *actions: str, services: tuple[str, ...] = ("s3.amazonaws.com",)) -> str:
    """Make a role that services may assume and that may do some actions everywhere; return its ARN."""
    iam = session.client("iam")
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting(*services))["Role"]["Arn"]
    if actions:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=allowing(*actions))
    return arn


def make_bucket(session: Any, name: str, region: str = "us-east-1", **options: Any) -> Any:
    """Make a bucket that keeps versions; return a client of its region."""
    s3 = session.client("s3", region_name=region)
    if region != "us-east-1":
        options["CreateBucketConfiguration"] = {"LocationConstraint": region}
    s3.create_bucket(Bucket=name, **options)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return s3


def rule(to: str = "orchard-copy", priority: int = 1, prefix: str = "", **more: Any) -> dict[str, Any]:
    """Return a rule of the second version; ``destination`` says more of where replicas go."""
    destination = {"Bucket": f"arn:aws:s3:::{to}", **more.pop("destination", {})}
    return {
        "ID": f"to-{to}-{priority}",
        "Priority": priority,
        "Filter": {"Prefix": prefix},
        "Status": "Enabled",
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": destination,
        **more,
    }


TIMED = {
    "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
    "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
}
MEASURED = {"Metrics": {"Status": "Enabled"}}


def put_rules(s3: Any, bucket: str, role: str, *rules: dict[str, Any]) -> None:
    s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration={"Role": role, "Rules": list(rules)})


def status_of(s3: Any, bucket: str, key: str, **options: Any) -> str | None:
    found: str | None = s3.head_object(Bucket=bucket, Key=key, **options).get("ReplicationStatus")
    return found


__all__ = ["OWNER"]
