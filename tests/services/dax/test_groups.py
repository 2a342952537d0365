"""Parameter groups and subnet groups."""

import pytest

from tests.services.dax.conftest import make_table


@pytest.fixture
def control(aws):
    return aws.client("dax")


def set_ttls(control, group, **values):
    pairs = [{"ParameterName": f"{name}-ttl-millis", "ParameterValue": str(value)} for name, value in values.items()]
    control.update_parameter_group(ParameterGroupName=group, ParameterNameValues=pairs)


def seen(client):
    return client.get_item(TableName="items", Key={"pk": {"S": "a"}})["Item"]["v"]["S"]


def found(client):
    return client.scan(TableName="items")["Items"][0]["v"]["S"]


@pytest.mark.spec("DAX-013")
def test_parameters_are_in_force_once_a_node_restarted(cloud, aws, control, make_cluster):
    make_table(aws)
    dynamodb = aws.client("dynamodb")
    control.create_parameter_group(ParameterGroupName="mine", Description="d")
    cluster = make_cluster(ParameterGroupName="mine")
    set_ttls(control, "mine", record=1000, query=0)
    assert cluster.described["ParameterGroup"] == {
        "ParameterGroupName": "mine",
        "ParameterApplyStatus": "pending-reboot",
        "NodeIdsToReboot": ["c-a"],
    }
    dax = cluster.client()

    def write(value):
        dynamodb.put_item(TableName="items", Item={"pk": {"S": "a"}, "v": {"S": value}})

    write("1")
    assert seen(dax) == "1"
    write("2")
    cloud.turn(10)
    assert seen(dax) == "1"
    cluster.reboot()
    assert cluster.described["ParameterGroup"]["ParameterApplyStatus"] == "in-sync"
    dax = cluster.client()
    assert [seen(dax), found(dax)] == ["2", "2"]  # it forgot what it had
    write("3")
    cloud.turn(2)
    assert [seen(dax), found(dax)] == ["3", "2"]
    cloud.turn(days=2)
    assert found(dax) == "2"  # 0 is for ever


def test_another_group_waits_for_the_restart_too(control, make_cluster, refused):
    cluster = make_cluster()
    control.create_parameter_group(ParameterGroupName="mine")
    set_ttls(control, "mine", record=5)
    control.update_cluster(
        ClusterName="c",
        ParameterGroupName="mine",
        Description="new",
        PreferredMaintenanceWindow="Mon:01:00-mon:02:00",
        SecurityGroupIds=["sg-0123456789abcdef0"],
    )
    shown = cluster.described
    assert shown["Nodes"][0]["ParameterGroupStatus"] == "pending-reboot"
    assert [shown["Description"], shown["PreferredMaintenanceWindow"]] == ["new", "mon:01:00-mon:02:00"]
    assert shown["SecurityGroups"] == [{"SecurityGroupIdentifier": "sg-0123456789abcdef0", "Status": "active"}]
    code, *_ = refused(control.delete_parameter_group, ParameterGroupName="mine")
    assert code == "InvalidParameterGroupStateFault"


@pytest.mark.spec("DAX-012")
def test_parameter_groups_are_named_once_and_counted(control, refused):
    create = control.create_parameter_group
    assert create(ParameterGroupName="g0", Description="d")["ParameterGroup"]["Description"] == "d"
    assert refused(create, ParameterGroupName="g0")[0] == "ParameterGroupAlreadyExistsFault"
    for place in range(1, 20):
        create(ParameterGroupName=f"g{place}")
    assert refused(create, ParameterGroupName="more")[0] == "ParameterGroupQuotaExceededFault"
    names = [one["ParameterGroupName"] for one in control.describe_parameter_groups()["ParameterGroups"]]
    assert len(names) == 21
    assert "default.dax1.0" in names
    update = control.update_parameter_group
    for name, value in (("unknown", "1"), ("record-ttl-millis", "-1"), ("record-ttl-millis", "x")):
        pair = {"ParameterName": name, "ParameterValue": value}
        code, *_ = refused(update, ParameterGroupName="g0", ParameterNameValues=[pair])
        assert code == "InvalidParameterValueException"
    pair = {"ParameterName": "record-ttl-millis", "ParameterValue": "1"}
    code, *_ = refused(update, ParameterGroupName="default.dax1.0", ParameterNameValues=[pair])
    assert code == "InvalidParameterGroupStateFault"
    assert refused(control.describe_parameters, ParameterGroupName="no")[0] == "ParameterGroupNotFoundFault"
    message = control.delete_parameter_group(ParameterGroupName="g0")["DeletionMessage"]
    assert message == "Parameter group g0 has been deleted."
    assert len(control.describe_default_parameters()["Parameters"]) == 2


@pytest.mark.spec("DAX-012")
def test_subnet_groups_are_not_deleted_from_under_clusters(control, make_cluster, refused):
    subnets = ["subnet-0123456789abcdef0", "subnet-01234567"]
    create = control.create_subnet_group
    made = create(SubnetGroupName="mine", SubnetIds=subnets)["SubnetGroup"]
    assert [one["SubnetIdentifier"] for one in made["Subnets"]] == subnets
    assert refused(create, SubnetGroupName="mine", SubnetIds=subnets)[0] == "SubnetGroupAlreadyExistsFault"
    assert refused(create, SubnetGroupName="bad", SubnetIds=["net"])[0] == "InvalidSubnet"
    many = [f"subnet-{place:08x}" for place in range(21)]
    assert refused(create, SubnetGroupName="bad", SubnetIds=many)[0] == "SubnetQuotaExceededFault"
    make_cluster(SubnetGroupName="mine")
    assert refused(control.delete_subnet_group, SubnetGroupName="mine")[0] == "SubnetGroupInUseFault"
    changed = control.update_subnet_group(SubnetGroupName="mine", Description="d", SubnetIds=subnets[:1])
    assert len(changed["SubnetGroup"]["Subnets"]) == 1
    control.delete_cluster(ClusterName="c")
    control.delete_subnet_group(SubnetGroupName="mine")
    code, *_ = refused(control.describe_subnet_groups, SubnetGroupNames=["mine"])
    assert code == "SubnetGroupNotFoundFault"
    assert [one["SubnetGroupName"] for one in control.describe_subnet_groups()["SubnetGroups"]] == ["default"]
