"""Queries and scans: AWS's order, ranges, pages, filters."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.dynamodb.conftest import plain, wire


def sort_keys(answer):
    return [plain(item)["sk"] for item in answer["Items"]]


@pytest.fixture
def filled(sorted_table):
    for number in range(10):
        sorted_table.put({"pk": "a", "sk": number, "even": number % 2 == 0, "text": f"t{number}"})
    sorted_table.put({"pk": "b", "sk": 1})
    return sorted_table


@pytest.mark.spec("DDB-011")
def test_a_partition_holds_items_of_different_sort_keys(filled):
    assert sort_keys(filled.query("pk = :p", {":p": "a"})) == list(range(10))
    assert sort_keys(filled.query("pk = :p", {":p": "b"})) == [1]
    assert sort_keys(filled.query("pk = :p", {":p": "none"})) == []


@pytest.mark.spec("DDB-012")
@pytest.mark.parametrize(
    ("kind", "in_order"),
    [
        ("N", [Decimal("-1e125"), -300, Decimal("-3.5"), -3, Decimal("-1e-130"), 0, Decimal("1e-130"), 2, 10, 100]),
        ("S", ["A", "B", "a", "a\0", "a\0b", "aa", "b", "~", "é", "€", "𝔘"]),
        (
            "B",
            [b"\0", b"\0\0", b"\0\xff", b"\x01", b"a", b"a\0", b"a\0\xff", b"a\x01", b"\xff", b"\xff\0", b"\xff\xff"],
        ),
    ],
)
def test_items_are_in_the_order_of_their_sort_keys(make_table, kind, in_order):
    table = make_table("pk:S", f"sk:{kind}")
    for value in (*in_order[::2], *in_order[1::2]):
        table.put({"pk": "a", "sk": value})
    assert sort_keys(table.query("pk = :p", {":p": "a"})) == in_order
    assert sort_keys(table.query("pk = :p", {":p": "a"}, ScanIndexForward=False)) == in_order[::-1]
    for place, value in enumerate(in_order):
        given = {":p": "a", ":v": value}
        assert sort_keys(table.query("pk = :p AND sk = :v", given)) == [value]
        assert sort_keys(table.query("pk = :p AND sk < :v", given)) == in_order[:place]
        assert sort_keys(table.query("pk = :p AND sk <= :v", given)) == in_order[: place + 1]
        assert sort_keys(table.query("pk = :p AND sk > :v", given)) == in_order[place + 1 :]
        assert sort_keys(table.query("pk = :p AND sk >= :v", given)) == in_order[place:]
        between = {**given, ":w": in_order[-1]}
        assert sort_keys(table.query("pk = :p AND sk BETWEEN :v AND :w", between)) == in_order[place:]
        if kind != "N":
            wanted = [other for other in in_order if other.startswith(value)]
            assert sort_keys(table.query("pk = :p AND begins_with(sk, :v)", given)) == wanted


numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=8).map(
    lambda number: Decimal(str(number)).normalize()
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(numbers, min_size=1, max_size=25, unique=True))
def test_numbers_are_in_order_whatever_they_are(make_table, values):
    table = make_table("pk:S", "sk:N")
    for value in values:
        table.put({"pk": "a", "sk": value})
    assert sort_keys(table.query("pk = :p", {":p": "a"})) == sorted(values)


@pytest.mark.spec("DDB-026")
def test_a_page_ends_at_the_limit_before_the_filter(filled):
    more = {"FilterExpression": "even = :e", "Limit": 4}
    page = filled.query("pk = :p", {":p": "a", ":e": True}, **more)
    assert (page["Count"], page["ScannedCount"], sort_keys(page)) == (2, 4, [0, 2])
    assert plain(page["LastEvaluatedKey"]) == {"pk": "a", "sk": 3}
    page = filled.query("pk = :p", {":p": "a", ":e": True}, ExclusiveStartKey=page["LastEvaluatedKey"], **more)
    assert sort_keys(page) == [4, 6]
    page = filled.query("pk = :p", {":p": "a", ":e": True}, ExclusiveStartKey=page["LastEvaluatedKey"], **more)
    assert sort_keys(page) == [8]
    assert "LastEvaluatedKey" not in page


def test_pages_backwards_meet_every_item_once(filled):
    more = {"Limit": 3, "ScanIndexForward": False}
    found = []
    while True:
        page = filled.query("pk = :p AND sk >= :s", {":p": "a", ":s": 2}, **more)
        found += sort_keys(page)
        if "LastEvaluatedKey" not in page:
            break
        more["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    assert found == [9, 8, 7, 6, 5, 4, 3, 2]


@pytest.mark.spec("DDB-026", "DBD-016")
def test_a_page_ends_before_it_exceeds_a_megabyte(sorted_table):
    text = "x" * (131_072 - len("pk") - len("a") - len("sk") - 2 - len("t"))  # one item: 128 KiB
    for number in range(1, 10):
        sorted_table.put({"pk": "a", "sk": number, "t": text})
    page = sorted_table.query("pk = :p", {":p": "a"}, ReturnConsumedCapacity="TOTAL")
    assert sort_keys(page) == list(range(1, 9))
    assert page["ConsumedCapacity"]["CapacityUnits"] == 128
    rest = sorted_table.query("pk = :p", {":p": "a"}, ExclusiveStartKey=page["LastEvaluatedKey"])
    assert sort_keys(rest) == [9]
    assert "LastEvaluatedKey" not in rest


def test_counting_reads_without_returning(filled):
    page = filled.query("pk = :p", {":p": "a"}, Select="COUNT", ConsistentRead=True, ReturnConsumedCapacity="TOTAL")
    assert page["Count"] == 10
    assert "Items" not in page
    assert page["ConsumedCapacity"]["CapacityUnits"] == 1


@pytest.mark.spec("DDB-026")
def test_segments_share_a_table_out(table):
    names = {f"item {number}" for number in range(200)}
    for name in names:
        table.put({"pk": name})
    parts = [table.items(Segment=number, TotalSegments=7, Limit=11) for number in range(7)]
    found = [item["pk"] for part in parts for item in part]
    assert len(found) == 200
    assert set(found) == names
    assert all(10 < len(part) < 60 for part in parts)
    assert {item["pk"] for item in table.items(Limit=9)} == names


def test_a_scan_filters_and_projects(filled):
    more = {"FilterExpression": "contains(#t, :t) AND NOT even = :e", "ProjectionExpression": "sk, #t"}
    page = filled.scan(values={":t": "t", ":e": True}, ExpressionAttributeNames={"#t": "text"}, **more)
    found = sorted((plain(item) for item in page["Items"]), key=lambda item: item["sk"])
    assert found == [{"sk": n, "text": f"t{n}"} for n in (1, 3, 5, 7, 9)]
    assert page["ScannedCount"] == 11


def test_many_items_come_in_pages_of_every_size(sorted_table):
    for start in range(0, 700, 25):
        requests = [{"PutRequest": {"Item": wire({"pk": "a", "sk": n})}} for n in range(start, start + 25)]
        sorted_table.client.batch_write_item(RequestItems={sorted_table.name: requests})
    assert sort_keys(sorted_table.query("pk = :p", {":p": "a"})) == list(range(700))
    assert sort_keys(sorted_table.query("pk = :p", {":p": "a"}, Limit=650)) == list(range(650))


def test_the_old_parameters_still_work(filled):
    def condition(operator, *values):
        return {"ComparisonOperator": operator, "AttributeValueList": list(wire(dict(enumerate(values))).values())}

    page = filled.client.query(
        TableName=filled.name,
        KeyConditions={"pk": condition("EQ", "a"), "sk": condition("BETWEEN", 2, 7)},
        QueryFilter={"even": condition("EQ", True), "text": condition("NOT_NULL")},
        ConditionalOperator="AND",
        AttributesToGet=["sk"],
    )
    assert [plain(item) for item in page["Items"]] == [{"sk": 2}, {"sk": 4}, {"sk": 6}]
    page = filled.client.scan(
        TableName=filled.name,
        ScanFilter={"text": condition("BEGINS_WITH", "t9"), "sk": condition("IN", 1, 2)},
        ConditionalOperator="OR",
    )
    assert sorted(sort_keys(page)) == [1, 1, 2, 9]


def test_old_updates_and_expectations_still_work(filled, refused):
    key = wire({"pk": "a", "sk": 1})

    def update(**more):
        return filled.client.update_item(TableName=filled.name, Key=key, **more)

    update(
        AttributeUpdates={
            "n": {"Action": "ADD", "Value": {"N": "5"}},
            "text": {"Action": "DELETE"},
            "tags": {"Action": "PUT", "Value": {"SS": ["x", "y"]}},
        },
        Expected={"text": {"Value": {"S": "t1"}}, "gone": {"Exists": False}},
    )
    assert filled.get({"pk": "a", "sk": 1}) == {"pk": "a", "sk": 1, "even": False, "n": 5, "tags": {"x", "y"}}
    update(
        AttributeUpdates={
            "tags": {"Action": "DELETE", "Value": {"SS": ["x"]}},
            "n": {"Action": "ADD", "Value": {"N": "-1"}},
        }
    )
    assert filled.get({"pk": "a", "sk": 1})["tags"] == {"y"}
    wrong = {"n": {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "4"}]}}
    assert refused(update, Expected=wrong)[0] == "ConditionalCheckFailedException"
