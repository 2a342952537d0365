"""Clusters: made, described, grown, shrunk, restarted and deleted."""

import socket

import pytest

from skyglobe.kernel.config import Config
from tests.services.dax.conftest import ClusterInHand, make_role, make_table


@pytest.fixture
def control(aws):
    return aws.client("dax")


def ids(cluster):
    return [node["NodeId"] for node in cluster["Nodes"]]


@pytest.mark.spec("DAX-009", "DAX-012")
def test_a_cluster_has_one_to_eleven_nodes(control, make_cluster, refused):
    cluster = make_cluster(3)
    assert ids(cluster.described) == ["c-a", "c-b", "c-c"]
    assert {node["AvailabilityZone"][-1] for node in cluster.described["Nodes"]} == {"a", "b", "c"}
    grown = control.increase_replication_factor(ClusterName="c", NewReplicationFactor=4)["Cluster"]
    assert [grown["TotalNodes"], grown["Status"]] == [4, "modifying"]
    assert cluster.await_status()["ActiveNodes"] == 4
    grow = (control.increase_replication_factor,)
    assert refused(*grow, ClusterName="c", NewReplicationFactor=12)[0] == "NodeQuotaForClusterExceededFault"
    assert refused(*grow, ClusterName="c", NewReplicationFactor=4)[0] == "InvalidParameterValueException"
    many = {"NewReplicationFactor": 6, "AvailabilityZones": ["us-east-1a"]}
    assert refused(*grow, ClusterName="c", **many)[0] == "InvalidParameterCombinationException"
    shrink = control.decrease_replication_factor
    assert refused(shrink, ClusterName="c", NewReplicationFactor=0)[0] == "InvalidParameterValueException"
    unknown = {"NewReplicationFactor": 3, "NodeIdsToRemove": ["c-z"]}
    assert refused(shrink, ClusterName="c", **unknown)[0] == "NodeNotFoundFault"
    shrink(ClusterName="c", NewReplicationFactor=3, NodeIdsToRemove=["c-a"])
    assert ids(cluster.await_status()) == ["c-b", "c-c", "c-d"]
    shrink(ClusterName="c", NewReplicationFactor=2)
    cluster.await_status()
    control.increase_replication_factor(ClusterName="c", NewReplicationFactor=3)
    assert ids(cluster.await_status()) == ["c-b", "c-c", "c-e"]


@pytest.mark.spec("DAX-012")
def test_mistakes_are_named(aws, control, make_cluster, refused):
    make_cluster()
    role = make_role(aws, "another")
    good = {"ClusterName": "new", "NodeType": "dax.r5.large", "ReplicationFactor": 1, "IamRoleArn": role}
    cases = [
        ({"ClusterName": "C"}, "ClusterAlreadyExistsFault"),
        ({"ClusterName": "-bad"}, "InvalidParameterValueException"),
        ({"ClusterName": "two--hyphens"}, "InvalidParameterValueException"),
        ({"ClusterName": "a" * 21}, "InvalidParameterValueException"),
        ({"NodeType": "cache.t3.small"}, "InvalidParameterValueException"),
        ({"ReplicationFactor": 0}, "InvalidParameterValueException"),
        ({"ReplicationFactor": 12}, "NodeQuotaForClusterExceededFault"),
        ({"AvailabilityZones": ["us-east-1a", "us-east-1b"]}, "InvalidParameterCombinationException"),
        ({"AvailabilityZones": ["eu-west-1a"]}, "InvalidParameterValueException"),
        ({"SubnetGroupName": "missing"}, "SubnetGroupNotFoundFault"),
        ({"ParameterGroupName": "missing"}, "ParameterGroupNotFoundFault"),
        ({"IamRoleArn": "role"}, "InvalidParameterValueException"),
        ({"IamRoleArn": "arn:aws:iam::000000000000:role/missing"}, "InvalidParameterValueException"),
        ({"SecurityGroupIds": ["default"]}, "InvalidParameterValueException"),
        ({"PreferredMaintenanceWindow": "sun:05:00-sun:05:30"}, "InvalidParameterValueException"),
        ({"NetworkType": "ipv6"}, "NotImplemented"),
        ({"Tags": [{"Key": "aws:x", "Value": ""}]}, "InvalidParameterValueException"),
    ]
    for mistake, code in cases:
        assert (refused(control.create_cluster, **good | mistake)[0], mistake) == (code, mistake)
    for call, more in (
        (control.describe_clusters, {"ClusterNames": ["missing"]}),
        (control.delete_cluster, {"ClusterName": "missing"}),
        (control.reboot_node, {"ClusterName": "missing", "NodeId": "x"}),
        (control.update_cluster, {"ClusterName": "missing"}),
    ):
        assert refused(call, **more)[:2] == ("ClusterNotFoundFault", 400)
    assert refused(control.reboot_node, ClusterName="c", NodeId="c-b")[0] == "NodeNotFoundFault"
    other = make_role(aws, "for-another", service="lambda.amazonaws.com")
    assert refused(control.create_cluster, **good | {"IamRoleArn": other})[0] == "InvalidParameterValueException"


def test_fifty_nodes_are_an_accounts_most(control, make_cluster, refused):
    role = make_cluster(1).described["IamRoleArn"]
    more = {"NodeType": "dax.t2.small", "IamRoleArn": role}
    for place in range(4):
        control.create_cluster(ClusterName=f"c{place}", ReplicationFactor=11, **more)
    last = refused(control.create_cluster, ClusterName="last", ReplicationFactor=6, **more)
    assert last[0] == "NodeQuotaForCustomerExceededFault"


def test_a_deleted_cluster_is_gone_and_so_are_its_ports(control, make_cluster, refused):
    cluster = make_cluster()
    endpoint = cluster.described["Nodes"][0]["Endpoint"]
    place = (endpoint["Address"], endpoint["Port"])
    socket.create_connection(place, 30).close()
    assert control.delete_cluster(ClusterName="c")["Cluster"]["Status"] == "deleting"
    cluster.cloud.settle()
    assert refused(control.describe_clusters, ClusterNames=["c"])[0] == "ClusterNotFoundFault"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place, 30)
    messages = [event["Message"] for event in control.describe_events()["Events"]]
    assert messages == ["Added node c-a.", "Cluster created.", "Cluster deleted."]


def test_events_are_kept_for_two_weeks(cloud, control, make_cluster, refused):
    make_cluster()
    cloud.turn(hours=25)
    assert control.describe_events()["Events"] == []
    week = {"SourceType": "CLUSTER", "SourceName": "c", "Duration": 7 * 24 * 60}
    first, *_ = control.describe_events(**week)["Events"]
    assert [first["SourceName"], first["SourceType"]] == ["c", "CLUSTER"]
    page = control.describe_events(**week, MaxResults=1)
    rest = control.describe_events(**week, NextToken=page["NextToken"])
    assert [len(page["Events"]), len(rest["Events"])] == [1, 1]
    assert refused(control.describe_events, SourceName="c")[0] == "InvalidParameterCombinationException"
    cloud.turn(days=14)
    assert control.describe_events(StartTime=0)["Events"] == []


def test_topics_hear_of_what_happens(aws, make_cluster):
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name="news")["TopicArn"]
    queue = sqs.create_queue(QueueName="news")["QueueUrl"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint="arn:aws:sqs:us-east-1:000000000000:news",
        Attributes={"RawMessageDelivery": "true"},
    )
    policy = (
        '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}],'
        ' "Version": "2012-10-17"}'
    )
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    cluster = make_cluster(NotificationTopicArn=topic)
    assert cluster.described["NotificationConfiguration"] == {"TopicArn": topic, "TopicStatus": "active"}
    cluster.cloud.settle()
    heard = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert any('"Message": "Cluster created."' in message["Body"] for message in heard)


def test_tags_come_and_go(control, make_cluster, refused):
    arn = make_cluster(Tags=[{"Key": "a", "Value": "1"}]).described["ClusterArn"]
    assert control.tag_resource(ResourceName=arn, Tags=[{"Key": "b", "Value": "2"}])["Tags"] == [
        {"Key": "a", "Value": "1"},
        {"Key": "b", "Value": "2"},
    ]
    assert control.untag_resource(ResourceName=arn, TagKeys=["a"])["Tags"] == [{"Key": "b", "Value": "2"}]
    assert control.list_tags(ResourceName=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert refused(control.untag_resource, ResourceName=arn, TagKeys=["a"])[0] == "TagNotFoundFault"
    assert refused(control.list_tags, ResourceName=arn[:-1] + "x")[0] == "ClusterNotFoundFault"
    assert refused(control.list_tags, ResourceName="c")[0] == "InvalidARNFault"
    many = [{"Key": f"k{place}", "Value": ""} for place in range(50)]
    assert refused(control.tag_resource, ResourceName=arn, Tags=many)[0] == "TagQuotaPerResourceExceeded"


def test_clusters_are_listed_in_pages(control, make_cluster):
    for name in ("b", "a"):
        make_cluster(name=name)
    page = control.describe_clusters(MaxResults=1)
    rest = control.describe_clusters(NextToken=page["NextToken"])
    assert [one["ClusterName"] for one in page["Clusters"] + rest["Clusters"]] == ["a", "b"]
    assert "NextToken" not in rest


class TestAtAwsPace:
    @pytest.fixture
    def cloud_config(self):
        return Config(pace="realistic")

    @pytest.mark.spec("DAX-009")
    def test_a_replica_is_primary_while_the_primary_restarts(self, cloud, aws):
        make_table(aws)
        cloud.turn(60)
        cluster = ClusterInHand(cloud, aws, "c")
        cluster.control.create_cluster(
            ClusterName="c", NodeType="dax.r5.large", ReplicationFactor=2, IamRoleArn=make_role(aws)
        )
        assert cluster.await_status("creating")["ActiveNodes"] == 0
        cloud.turn(minutes=10)
        first, second = cluster.await_status()["Nodes"]
        dax = cluster.client()
        dax.put_item(TableName="items", Item={"pk": {"S": "a"}})
        assert _roles(dax) == {first["Endpoint"]["Address"]: 1, second["Endpoint"]["Address"]: 2}
        cluster.control.reboot_node(ClusterName="c", NodeId="c-a")
        assert cluster.await_status("modifying")["Nodes"][0]["NodeStatus"] == "rebooting"
        dax = cluster.client()
        assert _roles(dax) == {second["Endpoint"]["Address"]: 1}
        aws.client("dynamodb").delete_item(TableName="items", Key={"pk": {"S": "a"}})
        assert "Item" in dax.get_item(TableName="items", Key={"pk": {"S": "a"}})  # the replica had it, too
        cloud.turn(minutes=2)
        cluster.await_status()
        assert _roles(cluster.client()) == {first["Endpoint"]["Address"]: 1, second["Endpoint"]["Address"]: 2}
        cluster.control.delete_cluster(ClusterName="c")
        assert cluster.await_status("deleting")
        cloud.turn(minutes=5)
        assert cluster.control.describe_clusters()["Clusters"] == []
        cluster.close()


def _roles(client):
    return {endpoint["address"]: endpoint["role"] for endpoint in client._cluster.read_client().endpoints()}
