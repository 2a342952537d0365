"""Typed attributes beside the body."""

import hashlib
from struct import pack

import pytest


def text(value, kind="String"):
    return {"DataType": kind, "StringValue": value}


def digest(attributes):
    """AWS's algorithm, written from the developer guide's description."""
    encoded = b""
    for name, attribute in sorted(attributes.items()):
        kind = attribute["DataType"].encode()
        is_binary = kind.startswith(b"Binary")
        value = attribute["BinaryValue"] if is_binary else attribute["StringValue"].encode()
        encoded += pack(">I", len(name)) + name.encode() + pack(">I", len(kind)) + kind
        encoded += (b"\2" if is_binary else b"\1") + pack(">I", len(value)) + value
    return hashlib.md5(encoded).hexdigest()


@pytest.mark.spec("SQS-043")
def test_ten_typed_attributes_arrive_as_they_were_sent(queue):
    attributes = {
        "text": text("grüße"),
        "number": text("-1.5e10", "Number"),
        "binary": {"DataType": "Binary", "BinaryValue": bytes(range(256))},
        "labelled": text("42", "Number.int"),
        "image": {"DataType": "Binary.png", "BinaryValue": b"\x89PNG"},
        **{f"more.{place}": text(str(place)) for place in range(5)},
    }
    sent = queue.send("with attributes", MessageAttributes=attributes)
    assert sent["MD5OfMessageAttributes"] == digest(attributes)
    received = queue.receive_one(MessageAttributeNames=["All"])
    assert received["MessageAttributes"] == attributes
    assert received["MD5OfMessageAttributes"] == digest(attributes)


def test_attributes_are_chosen_by_name_and_prefix(queue):
    attributes = {name: text(name) for name in ("color", "size.width", "size.height", "sizes")}
    queue.send(MessageAttributes=attributes)

    def chosen(*names):
        message = queue.receive_one(MessageAttributeNames=list(names), VisibilityTimeout=0)
        found = message.get("MessageAttributes", {})
        assert message.get("MD5OfMessageAttributes") == (digest(found) if found else None)
        return set(found)

    assert chosen("color", "unknown") == {"color"}
    assert chosen("size.*") == {"size.width", "size.height", "sizes"}
    assert chosen(".*") == chosen("All") == set(attributes)
    assert chosen() == chosen("nothing") == set()


@pytest.mark.spec("SQS-043")
def test_an_eleventh_attribute_is_refused(queue, refused):
    assert refused(queue.send, MessageAttributes={f"a{place}": text("x") for place in range(11)}) == (
        "InvalidParameterValue",
        400,
        "Number of message attributes [11] exceeds the allowed maximum [10].",
    )


@pytest.mark.parametrize(
    "name", ["a b", ".a", "a.", "a..b", "AWS.x", "aws.x", "Amazon.x", "AMAZON.x", "ä", "x" * 257, "a/b"]
)
def test_attribute_names_have_rules(queue, refused, name):
    assert refused(queue.send, MessageAttributes={name: text("x")})[:2] == ("InvalidParameterValue", 400)


@pytest.mark.parametrize("name", ["a", "A-z_0.9", "x" * 256, "awsome", "aws"])
def test_names_within_the_rules_are_taken(queue, name):
    queue.send(MessageAttributes={name: text("x")})


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        (text(""), "Message (user) attribute 'a' must contain a non-empty value of type 'String'."),
        (
            text("x", "string"),
            (
                "The type of message (user) attribute 'a' is invalid. "
                "You must use only the following supported type prefixes: Binary, Number, String."
            ),
        ),
        (text("x", "Number"), "Can't cast the value of message (user) attribute 'a' to a number."),
        (text("x", "Binary"), "Message (user) attribute 'a' must contain a non-empty value of type 'Binary'."),
    ],
)
def test_values_must_fit_their_type(queue, refused, attribute, message):
    assert refused(queue.send, MessageAttributes={"a": attribute}) == ("InvalidParameterValue", 400, message)


@pytest.mark.parametrize("number", ["0", "-1", "+1", "1.5", ".5", "5.", "1e126", "-1E-128", "9" * 38, "1" + "0" * 100])
def test_numbers_of_every_form_are_taken(queue, number):
    queue.send(MessageAttributes={"n": text(number, "Number")})
    received = queue.receive_one(MessageAttributeNames=["n"])
    assert received["MessageAttributes"]["n"]["StringValue"] == number


@pytest.mark.parametrize("number", ["", "x", "1,5", "0x10", "NaN", "Infinity", "1e127", "1e-129", "9" * 39, "1 ", "١"])
def test_what_is_no_number_is_refused(queue, refused, number):
    assert refused(queue.send, MessageAttributes={"n": text(number, "Number")})[0] == "InvalidParameterValue"
