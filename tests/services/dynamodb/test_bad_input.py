"""Every kind of malformed request, with AWS's words where they are known."""

import pytest
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from skyglobe.testing.clouds import TestCloud
from tests.services.dynamodb.conftest import definition, index

KEY = {"pk": {"S": "a"}, "sk": {"N": "1"}}
TOO_SHORT = "TableName must be at least 3 characters long and at most 255 characters long"
START_KEY = "The provided starting key is invalid"
GLOBAL = {"IndexName": "gsi"}
INVALID = "One or more parameter values were invalid: "
NOT_VALID = "One or more parameter values are not valid. "
EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
SEVERAL = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
MISMATCH = "The provided key element does not match the schema"
NUMERIC = "The parameter cannot be converted to a numeric value"
TABLE = "bad-input"


@pytest.fixture(scope="module")
def client():
    cloud = TestCloud()
    made = cloud.client("dynamodb", config=ClientConfig(parameter_validation=False))
    made.create_table(
        TableName=TABLE,
        **definition(
            "pk:S",
            "sk:N",
            attributes=["g:S", "r:N"],
            GlobalSecondaryIndexes=[index("gsi", "g", "r", "KEYS_ONLY")],
            LocalSecondaryIndexes=[index("lsi", "pk", "r")],
        ),
    )
    made.create_table(TableName="hash-only", **definition("pk:B"))
    item = {**KEY, "n": {"N": "1"}, "s": {"S": "text"}, "l": {"L": [{"N": "1"}]}, "m": {"M": {"x": {"N": "1"}}}}
    made.put_item(TableName=TABLE, Item={**item, "ss": {"SS": ["a"]}, "b": {"BOOL": True}})
    yield made
    cloud.close()


def refusal(client, operation, **params):
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**params)
    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400, response["Error"]
    return response["Error"]["Code"], response["Error"].get("Message", response.get("Message"))


def judge(client, message, operation, code="ValidationException", **params):
    found, text = refusal(client, operation, **params)
    assert found == code, text
    if message is not None:
        assert text == message


VALUES = [
    ({}, EMPTY),
    ({"S": "a", "N": "1"}, SEVERAL),
    ({"N": ""}, NUMERIC),
    ({"N": "abc"}, f"{NUMERIC}: abc"),
    ({"N": "1 "}, f"{NUMERIC}: 1 "),
    ({"N": "0x10"}, f"{NUMERIC}: 0x10"),
    ({"N": "NaN"}, f"{NUMERIC}: NaN"),
    ({"N": "Infinity"}, f"{NUMERIC}: Infinity"),
    ({"N": "-Infinity"}, f"{NUMERIC}: -Infinity"),
    ({"N": "1_000"}, f"{NUMERIC}: 1_000"),
    ({"N": "1,5"}, f"{NUMERIC}: 1,5"),
    ({"N": "--1"}, f"{NUMERIC}: --1"),
    ({"N": "."}, f"{NUMERIC}: ."),
    ({"N": "1e"}, f"{NUMERIC}: 1e"),
    ({"N": "٣"}, f"{NUMERIC}: ٣"),
    ({"N": "1" * 39}, "Attempting to store more than 38 significant digits in a Number"),
    ({"N": "1." + "1" * 38}, "Attempting to store more than 38 significant digits in a Number"),
    ({"N": "1e126"}, "Number overflow. Attempting to store a number with magnitude larger than supported range"),
    ({"N": "-1e126"}, "Number overflow. Attempting to store a number with magnitude larger than supported range"),
    (
        {"N": "1e999999999999"},
        "Number overflow. Attempting to store a number with magnitude larger than supported range",
    ),
    ({"N": "1e-131"}, "Number underflow. Attempting to store a number with magnitude smaller than supported range"),
    ({"N": "-1e-131"}, "Number underflow. Attempting to store a number with magnitude smaller than supported range"),
    ({"SS": []}, INVALID + "An string set  may not be empty"),
    ({"NS": []}, INVALID + "An number set  may not be empty"),
    ({"BS": []}, INVALID + "Binary sets should not be empty"),
    ({"SS": ["a", "b", "a"]}, INVALID + "Input collection [a, b, a] contains duplicates."),
    ({"NS": ["1", "1"]}, INVALID + "Input collection contains duplicates."),
    ({"NS": ["1", "1.00"]}, INVALID + "Input collection contains duplicates."),
    ({"NS": ["1", "x"]}, f"{NUMERIC}: x"),
    ({"NS": ["1", ""]}, NUMERIC),
    ({"BS": [b"b", b"b"]}, INVALID + "Input collection [Yg==, Yg==]of type BS contains duplicates."),
    ({"NULL": False}, INVALID + "Null attribute value types must have the value of true"),
    ({"L": [{}]}, EMPTY),
    ({"M": {"x": {}}}, EMPTY),
    ({"M": {"x": {"L": [{"S": "a", "B": b"a"}]}}}, SEVERAL),
    ({"L": [{"N": "x"}]}, f"{NUMERIC}: x"),
    ({"M": {"x": {"SS": []}}}, INVALID + "An string set  may not be empty"),
]


@pytest.mark.parametrize(("value", "message"), VALUES, ids=lambda part: str(part)[:30])
def test_a_value_that_is_none_is_refused_wherever_it_stands(client, value, message):
    judge(client, message, "put_item", TableName=TABLE, Item={**KEY, "v": value})
    judge(client, message, "put_item", TableName="hash-only", Item={"pk": {"B": b"a"}, "v": {"L": [value]}})
    judge(
        client,
        f"ExpressionAttributeValues contains invalid value: {message} for key :v",
        "update_item",
        TableName=TABLE,
        Key=KEY,
        UpdateExpression="SET v = :v",
        ExpressionAttributeValues={":v": value},
    )
    judge(client, None, "batch_write_item", RequestItems={TABLE: [{"PutRequest": {"Item": {**KEY, "v": value}}}]})


KEYS = [
    ({}, MISMATCH),
    ({"pk": {"S": "a"}}, MISMATCH),
    ({"sk": {"N": "1"}}, MISMATCH),
    ({**KEY, "more": {"S": "a"}}, MISMATCH),
    ({"pk": {"S": "a"}, "other": {"N": "1"}}, MISMATCH),
    ({"pk": {"N": "1"}, "sk": {"N": "1"}}, MISMATCH),
    ({"pk": {"S": "a"}, "sk": {"S": "1"}}, MISMATCH),
    ({"pk": {"S": "a"}, "sk": {"NULL": True}}, MISMATCH),
    ({"pk": {"SS": ["a"]}, "sk": {"N": "1"}}, MISMATCH),
    (
        {"pk": {"S": ""}, "sk": {"N": "1"}},
        NOT_VALID + "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
    ),
    (
        {"pk": {"S": "x" * 2049}, "sk": {"N": "1"}},
        INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes",
    ),
    ({"pk": {}, "sk": {"N": "1"}}, EMPTY),
    ({"pk": {"S": "a"}, "sk": {"N": "x"}}, f"{NUMERIC}: x"),
    ({"pk": {"S": "a", "N": "1"}, "sk": {"N": "1"}}, SEVERAL),
]


@pytest.mark.parametrize(("key", "message"), KEYS, ids=lambda part: str(part)[:40])
def test_a_key_that_does_not_fit_is_refused(client, key, message):
    judge(client, message, "get_item", TableName=TABLE, Key=key)
    judge(client, message, "delete_item", TableName=TABLE, Key=key)
    judge(client, message, "update_item", TableName=TABLE, Key=key)
    judge(client, message, "batch_get_item", RequestItems={TABLE: {"Keys": [key]}})
    judge(client, message, "batch_write_item", RequestItems={TABLE: [{"DeleteRequest": {"Key": key}}]})


ITEMS = [
    ({"sk": {"N": "1"}}, INVALID + "Missing the key pk in the item"),
    ({"pk": {"S": "a"}}, INVALID + "Missing the key sk in the item"),
    ({"pk": {"N": "1"}, "sk": {"N": "1"}}, INVALID + "Type mismatch for key pk expected: S actual: N"),
    ({"pk": {"S": "a"}, "sk": {"S": "1"}}, INVALID + "Type mismatch for key sk expected: N actual: S"),
    ({"pk": {"S": "a"}, "sk": {"NULL": True}}, INVALID + "Type mismatch for key sk expected: N actual: NULL"),
    (
        {"pk": {"S": ""}, "sk": {"N": "1"}},
        NOT_VALID + "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
    ),
    (
        {**KEY, "g": {"N": "1"}},
        INVALID + "Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi",
    ),
    (
        {**KEY, "g": {"S": ""}},
        NOT_VALID + "A value specified for a secondary index key is not supported. The AttributeValue for a key "
        "attribute cannot contain an empty string value. IndexName: gsi, IndexKey: g",
    ),
    ({**KEY, "g": {"S": "x" * 2049}}, INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
    ({**KEY, "big": {"S": "x" * 409_600}}, "Item size has exceeded the maximum allowed size"),
]


@pytest.mark.parametrize(("item", "message"), ITEMS, ids=lambda part: str(part)[:40])
def test_an_item_that_does_not_fit_is_refused(client, item, message):
    judge(client, message, "put_item", TableName=TABLE, Item=item)
    judge(client, message, "batch_write_item", RequestItems={TABLE: [{"PutRequest": {"Item": item}}]})


def syntax(token, near):
    return f'Syntax error; token: "{token}", near: "{near}"'


ANY = {":v": {"S": "v"}}
NUMBER = {":v": {"N": "1"}}
UNKNOWN_VALUE = "An expression attribute value used in expression is not defined; attribute value: "
UNKNOWN_NAME = "An expression attribute name used in the document path is not defined; attribute name: "
RESERVED = "Attribute name is a reserved keyword; reserved keyword: "
OPERAND = "Incorrect operand type for operator or function; operator or function: "
COUNT = "Incorrect number of operands for operator or function; operator or function: "
OVERLAP = "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: "
CONFLICT = "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: "
PATH_NEEDED = "Operator or function requires a document path; operator or function: "

UPDATES = [
    ("", None, "The expression can not be empty;"),
    ("  ", None, "The expression can not be empty;"),
    ("SET", None, syntax("<EOF>", "SET")),
    ("SET a", None, syntax("<EOF>", "a")),
    ("SET a =", None, syntax("<EOF>", "=")),
    ("SET a = = :v", ANY, syntax("=", "= = :v")),
    ("SET a = :v,", ANY, syntax("<EOF>", ",")),
    ("SET a = :v b = :v", ANY, syntax("b", ":v b =")),
    ("SET a = :v, , b = :v", ANY, syntax(",", ", , b")),
    ("SET 1a = :v", ANY, syntax("1", "SET 1a")),
    ("SET :v = a", ANY, syntax(":v", "SET :v =")),
    ("SET a[x] = :v", ANY, syntax("x", "[x]")),
    ("SET a[-1] = :v", ANY, syntax("-", "[-1")),
    ("SET a[0 = :v", ANY, syntax("=", "0 = :v")),
    ("SET a. = :v", ANY, syntax("=", ". = :v")),
    ("SET .a = :v", ANY, syntax(".", "SET .a")),
    ("SET a..b = :v", ANY, syntax(".", "..b")),
    ("SET a = :v + ", NUMBER, syntax("<EOF>", "+")),
    ("SET a = :v * :v", NUMBER, syntax("*", ":v * :v")),
    ("SET a = :v + :v + :v", NUMBER, syntax("+", ":v + :v")),
    ("SET a = (:v", NUMBER, syntax("<EOF>", ":v")),
    ("SET a = 5", None, syntax("5", "= 5")),
    ("SET a = 'text'", None, syntax("'", "= 'text")),
    ("SET # = :v", ANY, syntax("#", "SET # =")),
    ("ADD hits : incr", {":incr": {"N": "1"}}, syntax(":", "hits : incr")),
    ("INVALID SYNTAX HERE", ANY, syntax("INVALID", "INVALID SYNTAX")),
    ("a = :v", ANY, syntax("a", "a =")),
    ("ADD a = :v", NUMBER, syntax("=", "a = :v")),
    ("ADD a b", None, syntax("b", "a b")),
    ("DELETE a", None, syntax("<EOF>", "a")),
    ("REMOVE a = :v", ANY, syntax("=", "a = :v")),
    ("REMOVE", None, syntax("<EOF>", "REMOVE")),
    ("SET a = if_not_exists(b :v)", ANY, syntax(":v", "b :v)")),
    ("SET a = list_append(b, :v", ANY, syntax("<EOF>", ":v")),
    ("SET a = list_append()", None, syntax(")", "()")),
    ("SET a = :v SET b = :v", ANY, 'The "SET" section can only be used once in an update expression;'),
    ("REMOVE a REMOVE b", None, 'The "REMOVE" section can only be used once in an update expression;'),
    ("ADD a :v ADD b :v", NUMBER, 'The "ADD" section can only be used once in an update expression;'),
    ("SET a = :w", ANY, UNKNOWN_VALUE + ":w"),
    ("SET a = :v", None, UNKNOWN_VALUE + ":v"),
    ("ADD a :w", ANY, UNKNOWN_VALUE + ":w"),
    ("SET #a = :v", ANY, UNKNOWN_NAME + "#a"),
    ("SET a.#b = :v", ANY, UNKNOWN_NAME + "#b"),
    ("REMOVE #a", None, UNKNOWN_NAME + "#a"),
    ("SET size = :v", ANY, RESERVED + "size"),
    ("SET a.Name = :v", ANY, RESERVED + "Name"),
    ("REMOVE TABLE", None, RESERVED + "TABLE"),
    ("SET a = data", None, RESERVED + "data"),
    ("SET a = foo(:v)", ANY, "Invalid function name; function: foo"),
    ("SET a = Size(b)", None, "Invalid function name; function: Size"),
    ("SET a = size(b)", None, "The function is not allowed in an update expression; function: size"),
    (
        "SET a = attribute_exists(b)",
        None,
        "The function is not allowed in an update expression; function: attribute_exists",
    ),
    ("SET a = if_not_exists(b)", None, COUNT + "if_not_exists, number of operands: 1"),
    ("SET a = if_not_exists(b, :v, :v)", ANY, COUNT + "if_not_exists, number of operands: 3"),
    ("SET a = list_append(b)", None, COUNT + "list_append, number of operands: 1"),
    ("SET a = if_not_exists(:v, b)", ANY, PATH_NEEDED + "if_not_exists"),
    ("SET a = list_append(l, :v)", ANY, OPERAND + "list_append, operand type: S"),
    ("SET a = :v + n", ANY, OPERAND + "+, operand type: S"),
    ("SET a = n - :v", ANY, OPERAND + "-, operand type: S"),
    (
        "ADD a :v",
        ANY,
        (
            "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, "
            "typeSet: ALLOWED_FOR_ADD_OPERAND"
        ),
    ),
    (
        "DELETE a :v",
        NUMBER,
        (
            "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, "
            "typeSet: ALLOWED_FOR_DELETE_OPERAND"
        ),
    ),
    ("SET a = :v, a = :v", ANY, OVERLAP + "[a], path two: [a]"),
    ("SET a = :v, a.b = :v", ANY, OVERLAP + "[a], path two: [a, b]"),
    ("SET a.b.c = :v REMOVE a.b", ANY, OVERLAP + "[a, b, c], path two: [a, b]"),
    ("SET a[1] = :v, a[1].b = :v", ANY, OVERLAP + "[a, [1]], path two: [a, [1], b]"),
    ("SET a.b = :v, a[0] = :v", ANY, CONFLICT + "[a, b], path two: [a, [0]]"),
    ("SET a = :v REMOVE a", ANY, OVERLAP + "[a], path two: [a]"),
    ("SET " + ", ".join(f"a{n} = :v" for n in range(500)), ANY, None),
    ("SET a" + ".b" * 2100 + " = :v", ANY, None),
]


@pytest.mark.parametrize(("text", "values", "message"), UPDATES, ids=lambda part: str(part)[:40])
def test_an_update_expression_that_is_none_is_refused(client, text, values, message):
    more = {"ExpressionAttributeValues": values} if values else {}
    wanted = f"Invalid UpdateExpression: {message}" if message else None
    judge(client, wanted, "update_item", TableName=TABLE, Key=KEY, UpdateExpression=text, **more)


RUNTIME = [
    ("SET a = missing_one", None, "The provided expression refers to an attribute that does not exist in the item"),
    ("SET a = m.y", None, "The provided expression refers to an attribute that does not exist in the item"),
    ("SET a = l[5]", None, "The provided expression refers to an attribute that does not exist in the item"),
    ("SET a = a + :v", NUMBER, "The provided expression refers to an attribute that does not exist in the item"),
    ("SET a.b = :v", ANY, "The document path provided in the update expression is invalid for update"),
    ("SET n.b = :v", ANY, "The document path provided in the update expression is invalid for update"),
    ("SET m[0] = :v", ANY, "The document path provided in the update expression is invalid for update"),
    ("SET l.x = :v", ANY, "The document path provided in the update expression is invalid for update"),
    ("SET m.y.z = :v", ANY, "The document path provided in the update expression is invalid for update"),
    ("REMOVE a.b", None, "The document path provided in the update expression is invalid for update"),
    ("SET n = s + :v", NUMBER, "An operand in the update expression has an incorrect data type"),
    ("SET n = list_append(s, :l)", {":l": {"L": []}}, "An operand in the update expression has an incorrect data type"),
    ("ADD s :v", NUMBER, "An operand in the update expression has an incorrect data type"),
    ("ADD n :v", {":v": {"SS": ["a"]}}, "An operand in the update expression has an incorrect data type"),
    ("ADD ss :v", {":v": {"NS": ["1"]}}, "An operand in the update expression has an incorrect data type"),
    ("DELETE n :v", {":v": {"SS": ["a"]}}, "An operand in the update expression has an incorrect data type"),
    ("SET n = n + :v", {":v": {"N": "1e-60"}}, "Attempting to store more than 38 significant digits in a Number"),
    ("SET pk = :v", ANY, INVALID + "Cannot update attribute pk. This attribute is part of the key"),
    ("REMOVE sk", None, INVALID + "Cannot update attribute sk. This attribute is part of the key"),
    ("ADD sk :v", NUMBER, INVALID + "Cannot update attribute sk. This attribute is part of the key"),
    ("SET g = :v", NUMBER, INVALID + "Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi"),
    ("SET a = :v", {":v": {"S": "x" * 409_600}}, "Item size to update has exceeded the maximum allowed size"),
]


@pytest.mark.parametrize(("text", "values", "message"), RUNTIME, ids=lambda part: str(part)[:40])
def test_an_update_that_the_item_does_not_bear_is_refused_and_changes_nothing(client, text, values, message):
    more = {"ExpressionAttributeValues": values} if values else {}
    before = client.get_item(TableName=TABLE, Key=KEY)["Item"]
    judge(client, message, "update_item", TableName=TABLE, Key=KEY, UpdateExpression=text, **more)
    assert client.get_item(TableName=TABLE, Key=KEY)["Item"] == before


CONDITIONS = [
    ("", None, "The expression can not be empty;"),
    ("a", None, syntax("<EOF>", "a")),
    ("a =", None, syntax("<EOF>", "=")),
    ("a = :v AND", ANY, syntax("<EOF>", "AND")),
    ("AND a = :v", ANY, syntax("AND", "AND a")),
    ("a = :v OR OR b = :v", ANY, syntax("OR", "OR OR b")),
    ("a = :v b = :v", ANY, syntax("b", ":v b =")),
    ("(a = :v", ANY, syntax("<EOF>", ":v")),
    ("a = :v)", ANY, syntax(")", ":v)")),
    ("()", None, syntax(")", "()")),
    ("NOT", None, syntax("<EOF>", "NOT")),
    ("NOT a", None, syntax("<EOF>", "a")),
    ("a == :v", ANY, syntax("=", "== :v")),
    ("a != :v", ANY, syntax("!", "a !=")),
    ("a <> :v <> :v", ANY, syntax("<>", ":v <> :v")),
    ("a BETWEEN :v", ANY, syntax("<EOF>", ":v")),
    ("a BETWEEN :v, :v", ANY, syntax(",", ":v, :v")),
    ("a IN :v", ANY, syntax(":v", "IN :v")),
    ("a IN ()", None, syntax(")", "()")),
    ("a IN (:v,)", ANY, syntax(")", ",)")),
    ("a LIKE :v", ANY, syntax("LIKE", "a LIKE :v")),
    ("a = 'x'", None, syntax("'", "= 'x")),
    ('a = "x"', None, syntax('"', '= "x')),
    ("a = 1", None, syntax("1", "= 1")),
    ("a = :v; DROP", ANY, syntax(";", ":v; DROP")),
    ("a + :v = :v", NUMBER, syntax("+", "a + :v")),
    ("attribute_exists(a", None, syntax("<EOF>", "a")),
    ("attribute_exists()", None, syntax(")", "()")),
    ("attribute_exists a", None, syntax("a", "attribute_exists a")),
    ("size(a)", None, syntax("<EOF>", ")")),
    ("((a = :v))", ANY, "The expression has redundant parentheses;"),
    ("((a = :v)) AND b = :v", ANY, "The expression has redundant parentheses;"),
    ("a = :w", ANY, UNKNOWN_VALUE + ":w"),
    ("#a = :v", ANY, UNKNOWN_NAME + "#a"),
    ("status = :v", ANY, RESERVED + "status"),
    ("attribute_exists(name)", None, RESERVED + "name"),
    ("foo(a)", None, "Invalid function name; function: foo"),
    ("BEGINS_WITH(a, :v)", ANY, "Invalid function name; function: BEGINS_WITH"),
    (
        "attribute_exists(a) = :v",
        ANY,
        "The function is not allowed to be used this way in an expression; function: attribute_exists",
    ),
    (
        "a = contains(b, :v)",
        ANY,
        "The function is not allowed to be used this way in an expression; function: contains",
    ),
    (
        "if_not_exists(a, :v)",
        ANY,
        "The function is not allowed in a condition expression; function: if_not_exists",
    ),
    ("attribute_exists(:v)", ANY, PATH_NEEDED + "attribute_exists"),
    ("attribute_not_exists(size(a))", None, PATH_NEEDED + "attribute_not_exists"),
    ("attribute_type(:v, :v)", ANY, PATH_NEEDED + "attribute_type"),
    ("attribute_exists(a, b)", None, COUNT + "attribute_exists, number of operands: 2"),
    ("begins_with(a)", None, COUNT + "begins_with, number of operands: 1"),
    ("contains(a, :v, :v)", ANY, COUNT + "contains, number of operands: 3"),
    ("size(a, b) = :v", ANY, COUNT + "size, number of operands: 2"),
    ("begins_with(a, :v)", NUMBER, OPERAND + "begins_with, operand type: N"),
    ("a < :v", {":v": {"BOOL": True}}, OPERAND + "<, operand type: BOOL"),
    ("a >= :v", {":v": {"L": []}}, OPERAND + ">=, operand type: L"),
    ("a BETWEEN :v AND :v", {":v": {"NULL": True}}, OPERAND + "BETWEEN, operand type: NULL"),
    ("size(:v) = :v", NUMBER, OPERAND + "size, operand type: N"),
    ("attribute_type(a, :v)", NUMBER, OPERAND + "attribute_type, operand type: N"),
    (
        "attribute_type(a, :v)",
        {":v": {"S": "STRING"}},
        "Invalid attribute type name found; type: STRING, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
    ),
    (
        "a BETWEEN :x AND :y",
        {":x": {"N": "5"}, ":y": {"N": "3"}},
        (
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
            "lower bound operand: "
            "AttributeValue: {N:5}, upper bound operand: AttributeValue: {N:3}"
        ),
    ),
    (
        "a BETWEEN :x AND :y",
        {":x": {"N": "5"}, ":y": {"S": "6"}},
        (
            "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: "
            "AttributeValue: {N:5}, upper bound operand: AttributeValue: {S:6}"
        ),
    ),
    (
        "a = a",
        None,
        (
            "The first operand must be distinct from the remaining operands for this operator or function; "
            "operator: =, first operand: [a]"
        ),
    ),
    (
        "contains(a.b, a.b)",
        None,
        (
            "The first operand must be distinct from the remaining operands for this operator or function; "
            "operator: contains, first operand: [a, b]"
        ),
    ),
    ("a IN (" + ", ".join([":v"] * 101) + ")", ANY, COUNT + "IN, number of operands: 102"),
    ("a = :v" + " OR a = :v" * 400, ANY, None),
    ("NOT " * 200 + "a = :v", ANY, None),
    ("(" * 200 + "a = :v" + ")" * 200, ANY, None),
    ("a = :v AND b = " + "x" * 4100, ANY, None),
]


@pytest.mark.parametrize(("text", "values", "message"), CONDITIONS, ids=lambda part: str(part)[:40])
def test_a_condition_that_is_none_is_refused_under_its_own_name(client, text, values, message):
    more = {"ExpressionAttributeValues": values} if values else {}
    wanted = f"Invalid ConditionExpression: {message}" if message else None
    judge(client, wanted, "put_item", TableName=TABLE, Item=KEY, ConditionExpression=text, **more)
    wanted = f"Invalid FilterExpression: {message}" if message else None
    judge(client, wanted, "scan", TableName=TABLE, FilterExpression=text, **more)


PROJECTIONS = [
    ("", "The expression can not be empty;"),
    (",", syntax(",", ",")),
    ("a,", syntax("<EOF>", ",")),
    ("a b", syntax("b", "a b")),
    ("a, , b", syntax(",", ", , b")),
    ("a[]", syntax("]", "[]")),
    ("a[b]", syntax("b", "[b]")),
    ("a[1", syntax("<EOF>", "1")),
    ("a.", syntax("<EOF>", ".")),
    (":v", syntax(":v", ":v")),
    ("size(a)", syntax("(", "size(a")),
    ("a-b", syntax("-", "a-b")),
    ("#a", UNKNOWN_NAME + "#a"),
    ("a, name", RESERVED + "name"),
    ("a, a", OVERLAP + "[a], path two: [a]"),
    ("a.b, a", OVERLAP + "[a, b], path two: [a]"),
    ("a[0], a.b", CONFLICT + "[a, [0]], path two: [a, b]"),
    ("a[0], a[0].b", OVERLAP + "[a, [0]], path two: [a, [0], b]"),
]


@pytest.mark.parametrize(("text", "message"), PROJECTIONS, ids=lambda part: str(part)[:40])
def test_a_projection_that_is_none_is_refused(client, text, message):
    wanted = f"Invalid ProjectionExpression: {message}"
    judge(client, wanted, "get_item", TableName=TABLE, Key=KEY, ProjectionExpression=text)
    judge(client, wanted, "scan", TableName=TABLE, ProjectionExpression=text)


KEY_CONDITIONS = [
    ("pk = :v OR sk = :v", ANY, "Invalid operator used in KeyConditionExpression: OR"),
    ("NOT pk = :v", ANY, "Invalid operator used in KeyConditionExpression: NOT"),
    ("pk IN (:v)", ANY, "Invalid operator used in KeyConditionExpression: IN"),
    ("pk <> :v", ANY, "Invalid operator used in KeyConditionExpression: <>"),
    ("attribute_exists(pk)", None, "Invalid operator used in KeyConditionExpression: attribute_exists"),
    ("contains(pk, :v)", ANY, "Invalid operator used in KeyConditionExpression: contains"),
    ("pk = sk", None, "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"),
    (":v = :v", ANY, "Invalid condition in KeyConditionExpression: No key attribute specified"),
    (
        "pk = :v AND pk = :v",
        ANY,
        "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key",
    ),
    (
        "pk.x = :v",
        ANY,
        "Invalid KeyConditionExpression: KeyConditionExpressions cannot have conditions on nested attributes",
    ),
    ("", None, "Invalid KeyConditionExpression: The expression can not be empty;"),
    ("pk =", None, "Invalid KeyConditionExpression: " + syntax("<EOF>", "=")),
    ("pk = :w", ANY, "Invalid KeyConditionExpression: " + UNKNOWN_VALUE + ":w"),
    ("#pk = :v", ANY, "Invalid KeyConditionExpression: " + UNKNOWN_NAME + "#pk"),
    ("sk = :v", NUMBER, "Query condition missed key schema element: pk"),
    ("pk = :v AND another = :v", ANY, "Query condition missed key schema element: sk"),
    ("pk > :v", ANY, "Query key condition not supported"),
    ("begins_with(pk, :v)", ANY, "Query key condition not supported"),
    ("pk = :v", NUMBER, INVALID + "Condition parameter type does not match schema type"),
    ("pk = :v AND sk = :v", ANY, INVALID + "Condition parameter type does not match schema type"),
    ("pk = :v AND sk = :n AND r = :n", {**ANY, ":n": {"N": "1"}}, "Query key condition not supported"),
    (
        "pk = :v",
        {":v": {"S": ""}},
        NOT_VALID + "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
    ),
    (
        "pk = :v AND begins_with(sk, :n)",
        {**ANY, ":n": {"N": "1"}},
        "Invalid KeyConditionExpression: " + OPERAND + "begins_with, operand type: N",
    ),
    (
        "pk = :v AND sk BETWEEN :x AND :y",
        {**ANY, ":x": {"N": "2"}, ":y": {"N": "1"}},
        (
            "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to "
            "lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"
        ),
    ),
]


@pytest.mark.parametrize(("text", "values", "message"), KEY_CONDITIONS, ids=lambda part: str(part)[:40])
def test_a_key_condition_that_is_none_is_refused(client, text, values, message):
    more = {"ExpressionAttributeValues": values} if values else {}
    judge(client, message, "query", TableName=TABLE, KeyConditionExpression=text, **more)


PARTITION = {"KeyConditionExpression": "pk = :v", "ExpressionAttributeValues": ANY}
PARAMETERS = [
    (
        "update_item",
        {"Key": KEY, "UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {**ANY, ":w": {"S": ""}}},
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}",
    ),
    (
        "update_item",
        {
            "Key": KEY,
            "UpdateExpression": "SET a = :v",
            "ExpressionAttributeValues": ANY,
            "ExpressionAttributeNames": {"#a": "a", "#b": "b"},
        },
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}",
    ),
    (
        "update_item",
        {"Key": KEY, "UpdateExpression": "REMOVE a", "ExpressionAttributeValues": {}},
        "ExpressionAttributeValues must not be empty",
    ),
    (
        "update_item",
        {"Key": KEY, "UpdateExpression": "REMOVE a", "ExpressionAttributeNames": {}},
        "ExpressionAttributeNames must not be empty",
    ),
    (
        "update_item",
        {"Key": KEY, "ExpressionAttributeValues": ANY},
        ("ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and "
        "ConditionExpression are null"),
    ),
    (
        "put_item",
        {"Item": KEY, "ExpressionAttributeValues": ANY},
        "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null",
    ),
    (
        "get_item",
        {"Key": KEY, "ExpressionAttributeNames": {"#a": "a"}},
        "ExpressionAttributeNames can only be specified when using expressions: ProjectionExpression is null",
    ),
    (
        "scan",
        {"ExpressionAttributeNames": {"#a": "a"}},
        "ExpressionAttributeNames can only be specified when using expressions",
    ),
    (
        "update_item",
        {"Key": KEY, "UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {"v": {"S": "a"}}},
        'ExpressionAttributeValues contains invalid key: Syntax error; key: "v"',
    ),
    (
        "update_item",
        {"Key": KEY, "UpdateExpression": "REMOVE a", "ExpressionAttributeNames": {"a": "a"}},
        'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"',
    ),
    (
        "update_item",
        {"Key": KEY, "UpdateExpression": "REMOVE a", "ExpressionAttributeNames": {"#a-b": "a"}},
        'ExpressionAttributeNames contains invalid key: Syntax error; key: "#a-b"',
    ),
    (
        "update_item",
        {"Key": KEY, "UpdateExpression": "REMOVE a", "AttributeUpdates": {"a": {"Action": "DELETE"}}},
        ("Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
        "{AttributeUpdates} Expression parameters: {UpdateExpression}"),
    ),
    (
        "put_item",
        {"Item": KEY, "ConditionExpression": "attribute_exists(a)", "Expected": {"a": {"Exists": False}}},
        ("Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
        "{Expected} Expression parameters: {ConditionExpression}"),
    ),
    (
        "get_item",
        {"Key": KEY, "AttributesToGet": ["a"], "ProjectionExpression": "a"},
        ("Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
        "{AttributesToGet} Expression parameters: {ProjectionExpression}"),
    ),
    ("put_item", {"Item": KEY, "ReturnValues": "ALL_NEW"}, "ReturnValues can only be ALL_OLD or NONE"),
    ("delete_item", {"Key": KEY, "ReturnValues": "UPDATED_OLD"}, "ReturnValues can only be ALL_OLD or NONE"),
    ("put_item", {"Item": KEY, "ReturnValues": "SOME"}, None),
    ("put_item", {"Item": KEY, "ReturnConsumedCapacity": "MUCH"}, None),
    (
        "put_item",
        {},
        "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null",
    ),
    (
        "get_item",
        {},
        "1 validation error detected: Value null at 'key' failed to satisfy constraint: Member must not be null",
    ),
    ("query", {}, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."),
    (
        "query",
        {**PARTITION, "FilterExpression": "sk = :v"},
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk",
    ),
    ("query", {**PARTITION, "IndexName": "none"}, "The table does not have the specified index: none"),
    ("query", {**PARTITION, "Limit": 0}, None),
    ("query", {**PARTITION, "Select": "SPECIFIC_ATTRIBUTES"}, None),
    ("query", {**PARTITION, "Select": "ALL_PROJECTED_ATTRIBUTES"}, None),
    ("query", {**PARTITION, "Select": "COUNT", "ProjectionExpression": "a"}, None),
    (
        "query",
        {**PARTITION, "ExclusiveStartKey": {"pk": {"S": "b"}, "sk": {"N": "1"}}},
        "The provided starting key is outside query boundaries based on provided conditions",
    ),
    ("query", {**PARTITION, "ExclusiveStartKey": {"pk": {"S": "v"}}}, f"{START_KEY}: {MISMATCH}"),
    (
        "query",
        {**PARTITION, "ExclusiveStartKey": {"pk": {"S": "v"}, "sk": {"S": "1"}}},
        f"{START_KEY}: {MISMATCH}",
    ),
    ("scan", {"IndexName": "gsi", "ExclusiveStartKey": KEY}, "The provided starting key is invalid"),
    ("scan", {**GLOBAL, "ConsistentRead": True}, "Consistent reads are not supported on global secondary indexes"),
    (
        "scan",
        {"Segment": 0},
        "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
    ),
    (
        "scan",
        {"TotalSegments": 2},
        "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
    ),
    (
        "scan",
        {"Segment": 2, "TotalSegments": 2},
        ("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 2 is not less "
        "than TotalSegments: 2"),
    ),
    (
        "scan",
        {"Segment": 0, "TotalSegments": 1_000_001},
        ("1 validation error detected: Value '1000001' at 'totalSegments' failed to satisfy constraint: "
            "Member must have "
        "value less than or equal to 1000000"),
    ),
    (
        "scan",
        {"IndexName": "gsi", "ProjectionExpression": "text_of_it"},
        INVALID + "Global secondary index gsi does not project [text_of_it]",
    ),
    ("scan", {"ScanFilter": {"a": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"N": "1"}]}}},
     INVALID + "Invalid number of argument(s) for the BETWEEN ComparisonOperator"),
    ("scan", {"ScanFilter": {"a": {"ComparisonOperator": "EQ"}}},
     INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator"),
    ("scan", {"ScanFilter": {"a": {"ComparisonOperator": "LT", "AttributeValueList": [{"BOOL": True}]}}},
     INVALID + "ComparisonOperator LT is not valid for BOOL AttributeValue type"),
    ("query", {"KeyConditions": {}}, "Conditions can be of length 1 or 2 only"),
    ("query", {"KeyConditions": {"pk": {"ComparisonOperator": "NE", "AttributeValueList": [{"S": "a"}]}}},
     "Attempted conditional constraint is not an indexable operation"),
    ("put_item", {"Item": KEY, "Expected": {"a": {}}},
     INVALID + "Value must be provided when Exists is null for Attribute: a"),
    ("put_item", {"Item": KEY, "Expected": {"a": {"Exists": False, "Value": {"S": "x"}}}},
     INVALID + "Value cannot be used when Exists is false for Attribute: a"),
    ("put_item", {"Item": KEY, "ConditionalOperator": "OR"},
     "ConditionalOperator cannot be used without Filter or Expected"),
    ("update_item", {"Key": KEY, "AttributeUpdates": {"a": {"Action": "PUT"}}},
     INVALID + "Only DELETE action is allowed when no attribute value is specified"),
    ("update_item", {"Key": KEY, "AttributeUpdates": {"a": {"Action": "ADD", "Value": {"S": "x"}}}},
     INVALID + "ADD action is not supported for the type S"),
    ("update_item", {"Key": KEY, "AttributeUpdates": {"s": {"Action": "ADD", "Value": {"N": "1"}}}},
     "Type mismatch for attribute to update"),
    ("update_item", {"Key": KEY, "AttributeUpdates": {"pk": {"Action": "PUT", "Value": {"S": "x"}}}},
     INVALID + "Cannot update attribute pk. This attribute is part of the key"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "params", "message"), PARAMETERS, ids=lambda part: str(part)[:40])
def test_parameters_that_do_not_go_together_are_refused(client, operation, params, message):
    judge(client, message, operation, TableName=TABLE, **params)


def create(hash_key="pk:S", sort_key=None, **more):
    return {"TableName": "new-table", **definition(hash_key, sort_key, **more)}


def changed(given, **more):
    return {**given, **more}


EXCESSIVE = {"ProjectionType": "ALL", "NonKeyAttributes": ["a"]}
UNUSED = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "other")]
TABLES = [
    (changed(create(), TableName="ab"), TOO_SHORT),
    (changed(create(), TableName="a" * 256), TOO_SHORT),
    (
        changed(create(), TableName="a b c"),
        ("1 validation error detected: Value 'a b c' at 'tableName' failed to satisfy constraint: Member must satisfy "
        "regular expression pattern: [a-zA-Z0-9_.-]+"),
    ),
    (changed(create(), KeySchema=[]), None),
    (changed(create(), KeySchema=[{"AttributeName": "pk", "KeyType": "RANGE"}]),
     INVALID + "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
    (changed(create("pk:S", "sk:S"), KeySchema=[{"AttributeName": n, "KeyType": "HASH"} for n in ("pk", "sk")]),
     INVALID + "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"),
    (changed(create(), KeySchema=[{"AttributeName": "pk", "KeyType": r} for r in ("HASH", "RANGE")]),
     INVALID + "Both the Hash Key and the Range Key element in the KeySchema have the same name"),
    (changed(create(), KeySchema=[{"AttributeName": "pk", "KeyType": "OTHER"}]), None),
    (create("pk:X"), None),
    (create("pk:BOOL"), None),
    (changed(create(), AttributeDefinitions=[]), None),
    (changed(create(), AttributeDefinitions=UNUSED), None),
    (create(ProvisionedThroughput={"ReadCapacityUnits": 0, "WriteCapacityUnits": 1}), None),
    (create(ProvisionedThroughput={"ReadCapacityUnits": 1}), None),
    (changed(create(), ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}),
     INVALID + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"),
    (changed(create(), BillingMode="FREE"), None),
    (create(GlobalSecondaryIndexes=[]), INVALID + "List of GlobalSecondaryIndexes is empty"),
    (create("pk:S", "sk:S", LocalSecondaryIndexes=[]), INVALID + "List of LocalSecondaryIndexes is empty"),
    (create(LocalSecondaryIndexes=[index("lsi", "pk", "sk")]),
     INVALID + "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"),
    (create("pk:S", "sk:S", LocalSecondaryIndexes=[index("lsi", "sk", "pk")]),
     INVALID + "Index KeySchema does not have the same leading hash key as table KeySchema for index: lsi. "
     "index hash key: sk, table hash key: pk"),
    (create("pk:S", "sk:S", LocalSecondaryIndexes=[index("lsi", "pk")]),
     INVALID + "Index KeySchema does not have a range key for index: lsi"),
    (create(GlobalSecondaryIndexes=[index("gsi", "pk"), index("gsi", "pk")]), INVALID + "Duplicate index name: gsi"),
    (create(GlobalSecondaryIndexes=[index("gsi", "other")]), None),
    (create(GlobalSecondaryIndexes=[index("g", "pk")]), None),
    (create(GlobalSecondaryIndexes=[index("g s i", "pk")]), None),
    (create(GlobalSecondaryIndexes=[index("gsi", "pk", projection="INCLUDE")]),
     INVALID + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"),
    (create(GlobalSecondaryIndexes=[{**index("gsi", "pk"), "Projection": EXCESSIVE}]),
     INVALID + "ProjectionType is ALL, but NonKeyAttributes is specified"),
    (create(GlobalSecondaryIndexes=[{**index("gsi", "pk"), "Projection": {}}]),
     INVALID + "Unknown ProjectionType: null"),
    (create(GlobalSecondaryIndexes=[index("gsi", "pk", projection="MOST")]), None),
    (create(StreamSpecification={"StreamEnabled": True}), None),
    (create(StreamSpecification={"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"}), None),
    (create(StreamSpecification={"StreamEnabled": True, "StreamViewType": "EVERYTHING"}), None),
    (create(Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]), None),
    (create(Tags=[{"Key": "aws:a", "Value": "1"}]), None),
    (create(TableClass="GOLD"), None),
    (create(ResourcePolicy="{"), None),
]  # fmt: skip


@pytest.mark.parametrize(("params", "message"), TABLES, ids=lambda part: str(part)[-60:])
def test_a_table_that_cannot_be_is_refused(client, params, message):
    judge(client, message, "create_table", **params)
    assert "new-table" not in client.list_tables()["TableNames"]


@pytest.mark.parametrize("operation", ["describe_table", "delete_table", "scan"])
def test_a_table_that_is_not_there_is_told_so(client, operation):
    assert refusal(client, operation, TableName="not-there")[0] == "ResourceNotFoundException"
    judge(
        client,
        TOO_SHORT,
        operation,
        TableName="ab",
    )


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("put_item", {"TableName": TABLE, "Item": {"pk": {"S": 1}}}, "SerializationException"),
        ("put_item", {"TableName": TABLE, "Item": {"pk": {"N": 1}}}, "SerializationException"),
        ("put_item", {"TableName": TABLE, "Item": {"pk": {"BOOL": "true"}}}, "SerializationException"),
        ("scan", {"TableName": TABLE, "Limit": "many"}, "SerializationException"),
        ("scan", {"TableName": TABLE, "ConsistentRead": "yes"}, "SerializationException"),
        ("batch_get_item", {"RequestItems": {}}, "ValidationException"),
        ("batch_get_item", {"RequestItems": {TABLE: {"Keys": []}}}, "ValidationException"),
        ("batch_get_item", {"RequestItems": {TABLE: {}}}, "ValidationException"),
        ("batch_get_item", {"RequestItems": {"not-there": {"Keys": [KEY]}}}, "ResourceNotFoundException"),
        ("batch_write_item", {"RequestItems": {}}, "ValidationException"),
        ("batch_write_item", {"RequestItems": {TABLE: []}}, "ValidationException"),
        ("batch_write_item", {"RequestItems": {TABLE: [{}]}}, "ValidationException"),
        (
            "batch_write_item",
            {"RequestItems": {TABLE: [{"PutRequest": {"Item": KEY}, "DeleteRequest": {"Key": KEY}}]}},
            "ValidationException",
        ),
        ("batch_write_item", {"RequestItems": {TABLE: [{"DeleteRequest": {"Key": KEY}}] * 26}}, "ValidationException"),
        ("transact_write_items", {"TransactItems": []}, "ValidationException"),
        ("transact_write_items", {"TransactItems": [{}]}, "ValidationException"),
        (
            "transact_write_items",
            {"TransactItems": [{"Put": {"TableName": TABLE, "Item": KEY}, "Delete": {"TableName": TABLE, "Key": KEY}}]},
            "ValidationException",
        ),
        ("transact_write_items", {"TransactItems": [{"Put": {"Item": KEY}}]}, "ValidationException"),
        (
            "transact_write_items",
            {"TransactItems": [{"ConditionCheck": {"TableName": TABLE, "Key": KEY}}]},
            "ValidationException",
        ),
        (
            "transact_write_items",
            {"TransactItems": [{"Put": {"TableName": "not-there", "Item": KEY}}]},
            "ResourceNotFoundException",
        ),
        ("transact_get_items", {"TransactItems": []}, "ValidationException"),
        ("list_tables", {"Limit": 0}, "ValidationException"),
        ("list_tables", {"Limit": 101}, "ValidationException"),
        ("tag_resource", {"ResourceArn": "arn:aws:dynamodb", "Tags": []}, "ValidationException"),
        ("list_tags_of_resource", {"ResourceArn": "nonsense"}, "ValidationException"),
        ("update_table", {"TableName": TABLE}, "ValidationException"),
        ("update_table", {"TableName": "not-there", "TableClass": "STANDARD"}, "ResourceNotFoundException"),
        ("update_table", {"TableName": TABLE, "GlobalSecondaryIndexUpdates": [{}]}, "ValidationException"),
        (
            "update_table",
            {"TableName": TABLE, "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "none"}}]},
            "ResourceNotFoundException",
        ),
        ("update_table", {"TableName": TABLE, "StreamSpecification": {"StreamEnabled": False}}, "ValidationException"),
        (
            "update_table",
            {"TableName": TABLE, "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}},
            "ValidationException",
        ),
    ],
)
def test_requests_of_the_wrong_shape_are_refused(client, operation, params, code):
    assert refusal(client, operation, **params)[0] == code


def test_what_was_refused_left_nothing_behind(client):
    assert client.scan(TableName=TABLE)["Count"] == 1
    assert client.scan(TableName="hash-only")["Count"] == 0
    assert client.describe_table(TableName=TABLE)["Table"]["ItemCount"] == 1
