"""Items: put, read, updated and deleted one by one."""

from decimal import Decimal

import pytest

from tests.services.dynamodb.conftest import plain, wire


@pytest.mark.spec("DDB-023")
def test_an_item_is_put_read_and_deleted(table):
    assert table.get({"pk": "a"}) is None
    table.put({"pk": "a", "n": 1})
    assert table.get({"pk": "a"}) == {"pk": "a", "n": 1}
    gone = table.delete({"pk": "a"}, ReturnValues="ALL_OLD")
    assert plain(gone["Attributes"]) == {"pk": "a", "n": 1}
    assert "Attributes" not in table.delete({"pk": "a"}, ReturnValues="ALL_OLD")
    assert table.get({"pk": "a"}) is None


@pytest.mark.spec("DDB-010")
def test_a_second_put_replaces_the_first(table):
    table.put({"pk": "a", "old": 1})
    replaced = table.put({"pk": "a", "new": 2}, ReturnValues="ALL_OLD")
    assert plain(replaced["Attributes"]) == {"pk": "a", "old": 1}
    assert table.items() == [{"pk": "a", "new": 2}]


@pytest.mark.spec("DDB-015", "DDB-002", "DBD-011")
def test_every_type_comes_back_as_it_went(dynamodb, table):
    item = {
        "pk": {"S": "all"},
        "text": {"S": "ä\0𝔘"},
        "empty": {"S": ""},
        "number": {"N": "-0.5"},
        "bytes": {"B": b"\0\xff"},
        "nothing": {"B": b""},
        "yes": {"BOOL": True},
        "null": {"NULL": True},
        "map": {"M": {"list": {"L": [{"M": {}}, {"L": []}, {"BOOL": False}]}}},
        "texts": {"SS": ["a", "b"]},
        "numbers": {"NS": ["-2", "1.5", "10"]},
        "binaries": {"BS": [b"\0", b"a"]},
    }
    dynamodb.put_item(TableName=table.name, Item=item)
    assert dynamodb.get_item(TableName=table.name, Key={"pk": {"S": "all"}})["Item"] == item
    table.put({"pk": "other", "map": "not a map here"})
    assert len(table.items()) == 2


@pytest.mark.spec("DDB-036")
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("1.0", "1"),
        ("-0", "0"),
        ("007.50", "7.5"),
        ("+5", "5"),
        ("1e3", "1000"),
        ("12E-2", "0.12"),
        (".5", "0.5"),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("0.12345678901234567890123456789012345678", "0.12345678901234567890123456789012345678"),
        ("1E-130", f"0.{'0' * 129}1"),
        ("99999999999999999999999999999999999999e88", "9.9999999999999999999999999999999999999E+125"),
        ("1E38", "1E+38"),
        ("1E37", "1" + "0" * 37),
    ],
)
def test_numbers_are_kept_exactly_without_needless_zeros(dynamodb, table, given, kept):
    dynamodb.put_item(TableName=table.name, Item={"pk": {"S": "n"}, "n": {"N": given}})
    assert dynamodb.get_item(TableName=table.name, Key={"pk": {"S": "n"}})["Item"]["n"] == {"N": kept}


@pytest.mark.spec("DDB-036")
def test_sets_of_numbers_are_sets_of_values(dynamodb, table, refused):
    item = {"pk": {"S": "n"}, "n": {"NS": ["1", "1.0"]}}
    assert refused(dynamodb.put_item, TableName=table.name, Item=item)[0] == "ValidationException"
    dynamodb.put_item(TableName=table.name, Item={"pk": {"S": "n"}, "n": {"NS": ["2.0", "1"]}})
    table.update({"pk": "n"}, "ADD n :more", {":more": {Decimal("2.00"), Decimal(3)}})
    assert table.get({"pk": "n"})["n"] == {1, 2, 3}


@pytest.mark.spec("DDB-014", "DBD-012")
def test_an_item_has_at_most_400_kilobytes_names_counted(table, refused):
    room = 409_600 - len("pk") - len("a") - len("text")
    table.put({"pk": "a", "text": "x" * room})
    assert table.describe()["TableSizeBytes"] == 409_600
    code, status, text = refused(table.put, {"pk": "a", "text": "x" * (room + 1)})
    assert (code, status, text) == ("ValidationException", 400, "Item size has exceeded the maximum allowed size")
    text = refused(table.update, {"pk": "a"}, "SET b = :b", {":b": ""})[2]
    assert text == "Item size to update has exceeded the maximum allowed size"


def test_sizes_are_counted_as_aws_counts_them(table):
    sizes = [
        ("", 0),
        ("text", 4),
        ("ä", 2),
        (1, 2),
        (123, 3),
        (-123, 4),
        (Decimal(1200), 2),
        (Decimal("0.5"), 2),
        (b"abc", 3),
        (True, 1),
        (None, 1),
    ]
    for value, size in sizes:
        table.put({"pk": "a", "v": value})
        assert table.describe()["TableSizeBytes"] == 3 + 1 + size, value
    table.put({"pk": "a", "v": [1, {"k": "text"}]})
    assert table.describe()["TableSizeBytes"] == 4 + 3 + (1 + 2) + (1 + 3 + 1 + 1 + 4)


@pytest.mark.spec("DDB-031", "DBD-004")
def test_consumed_capacity_follows_aws_rounding(table):
    def written(call):
        return call["ConsumedCapacity"]["CapacityUnits"]

    def read(**more):
        answer = table.client.get_item(
            TableName=table.name, Key=wire({"pk": "a"}), ReturnConsumedCapacity="TOTAL", **more
        )
        return answer["ConsumedCapacity"]["CapacityUnits"]

    total = {"ReturnConsumedCapacity": "TOTAL"}
    assert read() == 0.5
    assert written(table.put({"pk": "a", "t": "x" * (1024 - 4)}, **total)) == 1
    assert written(table.put({"pk": "a", "t": "x" * (1024 - 3)}, **total)) == 2
    assert (read(), read(ConsistentRead=True)) == (0.5, 1)
    assert written(table.put({"pk": "a", "t": "x" * (4096 - 3)}, **total)) == 5
    assert (read(), read(ConsistentRead=True)) == (1, 2)
    assert written(table.put({"pk": "a"}, **total)) == 5  # the larger of before and after
    assert written(table.delete({"pk": "a"}, **total)) == 1
    shown = table.put({"pk": "a"}, ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]
    assert shown == {"TableName": table.name, "CapacityUnits": 1.0, "Table": {"CapacityUnits": 1.0}}


@pytest.mark.spec("DDB-023")
def test_update_returns_what_is_asked_for(table):
    table.put({"pk": "a", "n": 1, "m": {"x": 1, "y": 2}, "l": [1, 2, 3]})

    def returned(wanted, expression, values=None):
        answer = table.update({"pk": "a"}, expression, values, ReturnValues=wanted)
        return plain(answer.get("Attributes", {}))

    assert returned("UPDATED_OLD", "SET n = n + :one", {":one": 1}) == {"n": 1}
    assert returned("UPDATED_NEW", "SET n = n + :one", {":one": 1}) == {"n": 3}
    assert returned("UPDATED_NEW", "SET m.x = :v", {":v": 9}) == {"m": {"x": 9}}
    assert returned("UPDATED_OLD", "SET l[1] = :v", {":v": 9}) == {"l": [2]}
    assert returned("UPDATED_NEW", "REMOVE m.y") == {}
    assert returned("ALL_OLD", "SET z = :v", {":v": 0}) == {"pk": "a", "n": 3, "m": {"x": 9}, "l": [1, 9, 3]}
    assert returned("ALL_NEW", "REMOVE l, m") == {"pk": "a", "n": 3, "z": 0}
    assert returned("NONE", "REMOVE z") == {}


def test_update_makes_an_item_unless_it_only_takes_away(table):
    table.update({"pk": "a"}, "SET n = :n", {":n": 1})
    assert table.get({"pk": "a"}) == {"pk": "a", "n": 1}
    table.client.update_item(TableName=table.name, Key=wire({"pk": "b"}))
    assert table.get({"pk": "b"}) == {"pk": "b"}
    table.update({"pk": "c"}, "REMOVE n")
    assert table.get({"pk": "c"}) is None


@pytest.mark.spec("DDB-024", "DBD-015")
def test_a_write_with_a_condition_happens_only_when_it_holds(table, refused):
    table.put({"pk": "a", "n": 1}, ConditionExpression="attribute_not_exists(pk)")
    failed = refused(table.put, {"pk": "a", "n": 2}, ConditionExpression="attribute_not_exists(pk)")
    assert failed == ("ConditionalCheckFailedException", 400, "The conditional request failed")
    more = {"ConditionExpression": "n = :n", "ExpressionAttributeValues": {":n": {"N": "2"}}}
    assert refused(table.delete, {"pk": "a"}, **more)[0] == "ConditionalCheckFailedException"
    assert table.get({"pk": "a"}) == {"pk": "a", "n": 1}
    more["ExpressionAttributeValues"] = {":n": {"N": "1.0"}}
    table.delete({"pk": "a"}, **more)
    assert table.get({"pk": "a"}) is None


@pytest.mark.spec("DDB-024")
def test_a_failed_condition_returns_the_item_when_asked(table):
    table.put({"pk": "a", "n": 1})
    with pytest.raises(table.client.exceptions.ConditionalCheckFailedException) as caught:
        table.update(
            {"pk": "a"},
            "SET n = :n",
            {":n": 5},
            ConditionExpression="n > :n",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert plain(caught.value.response["Item"]) == {"pk": "a", "n": 1}


@pytest.mark.spec("DDB-025")
def test_a_projection_returns_parts_of_an_item(table):
    table.put({"pk": "a", "m": {"x": {"y": 1, "z": 2}, "w": 3}, "l": [10, {"q": 1, "r": 2}, 30], "n": 5})
    names = {"#m": "m", "#x": "x"}
    shown = table.get(
        {"pk": "a"},
        ProjectionExpression="#m.#x.y, l[1].q, l[2], n, nowhere.at_all",
        ExpressionAttributeNames=names,
    )
    assert shown == {"m": {"x": {"y": 1}}, "l": [{"q": 1}, 30], "n": 5}


@pytest.mark.spec("DDB-035", "DBD-011")
def test_keys_are_held_to_type_and_length(make_table, refused):
    table = make_table("pk:S", "sk:B")
    table.put({"pk": "x" * 2048, "sk": b"x" * 1024})
    wrong = [
        {"pk": 1, "sk": b"x"},
        {"pk": "a", "sk": "text"},
        {"pk": "", "sk": b"x"},
        {"pk": "a", "sk": b""},
        {"pk": "x" * 2049, "sk": b"x"},
        {"pk": "a", "sk": b"x" * 1025},
        {"pk": "a"},
    ]
    for item in wrong:
        assert refused(table.put, item)[:2] == ("ValidationException", 400), item
        assert refused(table.get, item)[:2] == ("ValidationException", 400), item


def test_values_nest_32_levels_deep(table, refused):
    def nested(depth):
        value = 1
        for _ in range(depth):
            value = [value]
        return {"pk": "a", "v": value}

    table.put(nested(32))
    assert refused(table.put, nested(33))[0] == "ValidationException"
