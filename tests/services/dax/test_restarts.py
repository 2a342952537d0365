"""What is left of a cluster when the cloud stops, and bytes that nobody should send."""

import contextlib
import os
import socket

import pytest

from skyglobe.engines import tls
from skyglobe.kernel.config import Config
from skyglobe.testing.clouds import TestCloud
from tests.services.dax.conftest import ClusterInHand, make_role, make_table

KEY = {"pk": {"S": "a"}}


def test_ports_are_open_again_after_a_restart_and_clients_go_on(tmp_path):
    cloud = TestCloud(Config(folder=tmp_path))
    aws = cloud.session()
    make_table(aws)
    cluster = ClusterInHand(cloud, aws, "c")
    cluster.control.create_cluster(
        ClusterName="c", NodeType="dax.t3.small", ReplicationFactor=2, IamRoleArn=make_role(aws)
    )
    cluster.await_status()
    dax = cluster.client()
    dax.put_item(TableName="items", Item={**KEY, "v": {"S": "1"}})
    cloud.close()
    cloud = TestCloud(Config(folder=tmp_path))
    again = ClusterInHand(cloud, cloud.session(), "c")
    assert again.await_status()["ActiveNodes"] == 2
    aws = cloud.session()
    aws.client("dynamodb").put_item(TableName="items", Item={**KEY, "v": {"S": "2"}})
    # The list of attributes has the number it had, which this client knows; what was cached is gone with the memory.
    later = again.client()
    assert later.get_item(TableName="items", Key=KEY)["Item"]["v"] == {"S": "2"}
    for one in (dax, later):
        one.put_item(TableName="items", Item={"pk": {"S": "b"}, "v": {"S": "3"}})
    assert aws.client("dynamodb").get_item(TableName="items", Key={"pk": {"S": "b"}})["Item"]["v"] == {"S": "3"}
    for one in (cluster, again):
        one.close()
    cloud.close()


def test_encrypted_clusters_speak_tls(aws, cloud, make_cluster, monkeypatch):
    make_table(aws)
    cluster = make_cluster(2, ClusterEndpointEncryptionType="TLS", SSESpecification={"Enabled": True}, name="safe")
    shown = cluster.described
    assert shown["ClusterDiscoveryEndpoint"]["URL"].startswith("daxs://")
    assert [shown["ClusterDiscoveryEndpoint"]["Port"], shown["SSEDescription"]] == [9111, {"Status": "ENABLED"}]
    monkeypatch.setitem(os.environ, "SSL_CERT_FILE", str(tls.authority_path(cloud.kernel.folder / "dax-tls")))
    dax = cluster.client()
    dax.put_item(TableName="items", Item=KEY)
    assert dax.get_item(TableName="items", Key=KEY)["Item"] == KEY


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: dax\r\n\r\n",
        b"\xff" * 100,
        b"\x9f" * 1000,
        b"\x7b" + b"\xff" * 8,
        b"gJ7yne5G\x00\xf6\xa0\x00\x01\x1a\x00\x00\x00\x07",
    ],
)
def test_who_does_not_speak_the_protocol_is_hung_up_on(make_cluster, sent):
    cluster = make_cluster()
    endpoint = cluster.described["ClusterDiscoveryEndpoint"]
    with socket.create_connection((endpoint["Address"], endpoint["Port"]), 30) as connection:
        connection.sendall(sent)
        connection.settimeout(30)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    assert cluster.await_status()


def test_ports_are_those_of_the_snapshot_that_was_loaded(aws, cloud, make_cluster):
    make_table(aws)
    cluster = make_cluster()
    place = (cluster.described["Nodes"][0]["Endpoint"]["Address"], 8111)
    cluster.client().put_item(TableName="items", Item={**KEY, "v": {"S": "1"}})
    cloud.run(cloud.kernel.snapshots.save("with"))
    cluster.client().put_item(TableName="items", Item={**KEY, "v": {"S": "2"}})
    cluster.control.delete_cluster(ClusterName="c")
    cloud.settle()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place, 30)
    cloud.run(cloud.kernel.snapshots.save("without"))
    cloud.run(cloud.kernel.snapshots.load("with"))
    dax = cluster.client()
    assert dax.get_item(TableName="items", Key=KEY)["Item"]["v"] == {"S": "1"}
    cloud.run(cloud.kernel.snapshots.load("without"))
    cloud.settle()
    assert cluster.control.describe_clusters()["Clusters"] == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place, 30)
