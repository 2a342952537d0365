"""Partitions: many at a time, found by expressions and by indexes."""

import pytest

from skyglobe.services.glue.operations import partitions as operations
from skyglobe.services.glue.records import counts, databases, entries, indexes, partitions, tables
from tests.services.glue.conftest import columns

DAYS = [("2023-12-31", "eu", "7"), ("2024-01-01", "eu", "8"), ("2024-01-02", "us", "10"), ("2024-02-01", "us", "100")]


@pytest.fixture
def days(catalog):
    catalog.make_table(keys=["dt string", "region string", "hour int"])
    assert catalog.add(*DAYS) == []
    return catalog


FOUND = [
    ("", DAYS),
    ("dt>'2024-01-01'", DAYS[2:]),
    ("dt >= '2024-01-01' AND region = 'us'", DAYS[2:]),
    ("dt = '2024-01-01'", DAYS[1:2]),
    ("'2024-01-01' < DT and not region in ('eu', 'asia')", DAYS[2:]),
    ("hour > 9", DAYS[2:]),
    ("hour = '8' or hour = 100", [DAYS[1], DAYS[3]]),
    ("hour between 8 and 10", DAYS[1:3]),
    ("hour not between 8 and 10", [DAYS[0], DAYS[3]]),
    ("dt like '2024-01-__'", DAYS[1:3]),
    ("dt not like '2024%'", DAYS[:1]),
    ("(region <> 'eu' AND (hour <= 10 OR hour > 1000))", DAYS[2:3]),
    ("`region` is not null and hour is null", []),
    ("1 = 1", DAYS),
]
NO_EXPRESSIONS = [
    *("dt >", "nothing = 1", "hour = 'eight'", "dt = '2024", "dt == 'x'", "(dt = 'x'", "dt = 'x' or"),
    *("dt + 1 = 2", "not " * 500, "dt = hour", "and", "dt in ()", "dt is 'x'"),
    "(" * 60 + "dt = 'x'" + ")" * 60,
]


@pytest.mark.spec("GLU-011")
def test_expressions_find_partitions(days):
    for expression, found in FOUND:
        assert days.find(expression) == found, expression


def test_what_is_no_expression_is_refused(days, glue, refused):
    for expression in NO_EXPRESSIONS:
        asked = {"DatabaseName": "sales", "TableName": "orders", "Expression": expression}
        code, _, text = refused(glue.get_partitions, **asked)
        assert code == "InvalidInputException", expression
        assert "Unsupported expression" in text


def test_dates_numbers_and_what_is_none_are_compared_by_type(catalog):
    catalog.make_table(keys=["day date", "at timestamp", "price decimal(10,2)", "odd double"])
    rows = [
        ("2024-01-02", "2024-01-02 10:00:00", "9.50", "1"),
        ("2024-1-10", "2024-01-10", "10", "2"),
        ("__HIVE_DEFAULT_PARTITION__", "never", "1e400000", "3"),
    ]
    catalog.add(*rows)
    assert catalog.find("day > '2024-01-05'") == [rows[1]]
    assert catalog.find("day > date '2024-01-01' and at < timestamp '2024-01-02 10:00:01'") == [rows[0]]
    assert catalog.find("price >= 9.5 and price < 9.51") == [rows[0]]
    assert catalog.find("day is null") == [rows[2]]
    assert catalog.find("not (at = '2024-01-10')") == [rows[0]]
    assert catalog.find("at = '2024-01-10' or not at = '2024-01-10'") == [rows[0], rows[1]]


@pytest.mark.spec("GLU-011")
def test_batches_tell_of_each_partition_they_could_not_deal_with(days, glue, refused):
    of = {"DatabaseName": "sales", "TableName": "orders"}
    errors = days.add(("2025-01-01", "eu", "1"), DAYS[0], ("2025", "eu"))
    assert [(tuple(one["PartitionValues"]), one["ErrorDetail"]["ErrorCode"]) for one in errors] == [
        (DAYS[0], "AlreadyExistsException"),
        (("2025", "eu"), "InvalidInputException"),
    ]
    many = [{"Values": [f"d{number}", "eu", "1"]} for number in range(101)]
    assert refused(glue.batch_create_partition, **of, PartitionInputList=many)[0] == "InvalidInputException"
    wanted = [{"Values": list(DAYS[1])}, {"Values": ["none", "eu", "1"]}]
    found = glue.batch_get_partition(**of, PartitionsToGet=wanted)
    assert [one["Values"] for one in found["Partitions"]] == [list(DAYS[1])]
    changes = [
        {"PartitionValueList": list(DAYS[1]), "PartitionInput": {"Values": list(DAYS[1]), "Parameters": {"k": "v"}}},
        {"PartitionValueList": ["none", "eu", "1"], "PartitionInput": {}},
    ]
    errors = glue.batch_update_partition(**of, Entries=changes)["Errors"]
    assert [one["PartitionValueList"][0] for one in errors] == ["none"]
    assert glue.get_partition(**of, PartitionValues=list(DAYS[1]))["Partition"]["Parameters"] == {"k": "v"}
    errors = glue.batch_delete_partition(**of, PartitionsToDelete=[{"Values": list(DAYS[0])}] * 2)["Errors"]
    assert len(errors) == 1
    assert days.find("region = 'eu'") == [DAYS[1], ("2025-01-01", "eu", "1")]


def test_a_partition_is_renamed_shown_and_deleted(days, glue, refused):
    of = {"DatabaseName": "sales", "TableName": "orders"}
    new = {
        "Values": ["2030-01-01", "eu", "1"],
        "StorageDescriptor": {"Columns": columns("id int"), "Location": "s3://b"},
    }
    glue.update_partition(**of, PartitionValueList=list(DAYS[0]), PartitionInput=new)
    assert refused(glue.get_partition, **of, PartitionValues=list(DAYS[0])) == (
        "EntityNotFoundException",
        400,
        "Cannot find partition.",
    )
    (shown,) = glue.get_partitions(**of, Expression="dt like '2030%'", ExcludeColumnSchema=True)["Partitions"]
    assert shown["StorageDescriptor"] == {"Location": "s3://b"}
    taken = {"Values": list(DAYS[1])}
    asked = {"PartitionValueList": new["Values"], "PartitionInput": taken}
    assert refused(glue.update_partition, **of, **asked)[0] == "AlreadyExistsException"
    keyed = {"Name": "orders", "PartitionKeys": columns("other string")}
    assert refused(glue.update_table, DatabaseName="sales", TableInput=keyed)[0] == "InvalidInputException"
    glue.delete_partition(**of, PartitionValues=new["Values"])
    assert days.find() == DAYS[1:]


def test_segments_and_pages_have_every_partition_once(days):
    days.add(*[(f"2026-{number:03}", "eu", "1") for number in range(40)])
    everything = days.find(PaginationConfig={"PageSize": 7})
    assert len(everything) == 44
    parts = [days.find(Segment={"SegmentNumber": number, "TotalSegments": 3}) for number in range(3)]
    assert all(parts)
    assert sorted(one for part in parts for one in part) == everything


def test_an_index_finds_by_keys_that_do_not_come_first(cloud, days, glue, refused):
    of = {"DatabaseName": "sales", "TableName": "orders"}
    glue.create_partition_index(**of, PartitionIndex={"IndexName": "by-region", "Keys": ["REGION", "dt"]})
    cloud.turn(1)
    (shown,) = glue.get_partition_indexes(**of)["PartitionIndexDescriptorList"]
    assert shown["IndexStatus"] == "ACTIVE"
    assert [key["Name"] for key in shown["Keys"]] == ["region", "dt"]
    days.add(("2025-01-01", "us", "5"))
    glue.delete_partition(**of, PartitionValues=list(DAYS[2]))
    assert days.find("region = 'us'", PaginationConfig={"PageSize": 1}) == [DAYS[3], ("2025-01-01", "us", "5")]
    assert days.find("region = 'us' and hour > 50") == [DAYS[3]]
    again = {"IndexName": "by-region", "Keys": ["hour"]}
    assert refused(glue.create_partition_index, **of, PartitionIndex=again)[0] == "AlreadyExistsException"
    wrong = {"IndexName": "x", "Keys": ["none"]}
    assert refused(glue.create_partition_index, **of, PartitionIndex=wrong)[0] == "InvalidInputException"
    glue.delete_partition_index(**of, IndexName="by-region")
    cloud.turn(1)
    assert glue.get_partition_indexes(**of)["PartitionIndexDescriptorList"] == []
    assert len(days.find("region = 'us'")) == 2


def test_many_partitions_are_indexed_read_and_forgotten_in_batches(cloud, catalog, glue, many, monkeypatch):
    monkeypatch.setattr(operations, "MAX_READ", 300)
    catalog.make_table(keys=["day string", "kind string"])
    values = [[f"{number:04}", "odd" if number % 2 else "even"] for number in range(1_200)]
    of = {"DatabaseName": "sales", "TableName": "orders"}
    lists = [[{"Values": one} for one in values[start : start + 100]] for start in range(0, 1_200, 100)]
    many("glue", "BatchCreatePartition", [{**of, "PartitionInputList": given} for given in lists])
    assert len(catalog.find("day like '%9'")) == 120
    page = glue.get_partitions(**of, Expression="day = '0900' or day = '1199'")
    assert (page["Partitions"], "NextToken" in page) == ([], True)
    glue.create_partition_index(**of, PartitionIndex={"IndexName": "kinds", "Keys": ["kind"]})
    cloud.turn(1)
    assert glue.get_partition_indexes(**of)["PartitionIndexDescriptorList"][0]["IndexStatus"] == "ACTIVE"
    assert catalog.find("kind = 'odd'") == [tuple(one) for one in values[1::2]]
    glue.delete_table(DatabaseName="sales", Name="orders")
    cloud.turn(1)

    def left(scope):
        return [*partitions.scan(scope), *entries.scan(scope), *indexes.scan(scope)]

    assert cloud.run(cloud.kernel.transact(left, "000000000000", "us-east-1")) == []


def test_a_table_has_so_many_partitions(cloud, catalog):
    catalog.make_table(keys=["dt string"])

    def pretend(scope):
        (database,) = databases.scan(scope)
        (table,) = tables.scan(scope, database.number)
        counts.set(scope, f"partitions:{table.number}", 9_999_999)

    cloud.run(cloud.kernel.transact(pretend, "000000000000", "us-east-1"))
    (error,) = catalog.add(["a"], ["b"])
    assert error["ErrorDetail"]["ErrorCode"] == "ResourceNumberLimitExceededException"
