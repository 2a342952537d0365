"""Subscriptions that want some messages only."""

import json

import pytest


def text(value):
    return {"DataType": "String", "StringValue": value}


def number(value):
    return {"DataType": "Number", "StringValue": str(value)}


def array(*values):
    return {"DataType": "String.Array", "StringValue": json.dumps(values)}


@pytest.mark.spec("SNS-020", "SNS-021")
def test_a_filtered_queue_gets_its_matches_and_the_other_gets_everything(topic, subscribe, publish):
    everything, some = subscribe(topic), subscribe(topic, FilterPolicy='{"store": ["a"]}')
    for index in range(10):
        publish(topic, str(index), MessageAttributes={"store": text("ab"[index % 2])})
    publish(topic, "no store")
    assert len(everything.texts()) == 11
    assert sorted(some.texts()) == ["0", "2", "4", "6", "8"]


CASES = [
    ({"a": ["x", "y"]}, [{"a": text("x")}, {"a": text("y")}, {"a": array("q", "y")}], [{"a": text("X")}, {}]),
    ({"a": [1.5]}, [{"a": number("1.50")}, {"a": array(1.5)}], [{"a": text("1.5")}, {"a": number(1)}]),
    ({"a": [{"prefix": "ba"}]}, [{"a": text("bar")}], [{"a": text("Bar")}, {"a": number(1)}]),
    ({"a": [{"suffix": "ll"}]}, [{"a": text("ball")}], [{"a": text("ba")}]),
    ({"a": [{"equals-ignore-case": "Tennis"}]}, [{"a": text("TENNIS")}], [{"a": text("tenni")}]),
    ({"a": [{"wildcard": "a*c*"}]}, [{"a": text("abcd")}], [{"a": text("bc")}]),
    (
        {"a": [{"anything-but": ["x", "y"]}]},
        [{"a": text("z")}, {"a": array("x", "z")}],
        [{"a": text("x")}, {"a": array("x", "y")}, {}],
    ),
    ({"a": [{"anything-but": [100, 500]}]}, [{"a": number(101)}, {"a": text("z")}], [{"a": number("100.0")}]),
    ({"a": [{"anything-but": {"prefix": "order-"}}]}, [{"a": text("x")}], [{"a": text("order-1")}]),
    ({"a": [{"anything-but": {"suffix": ["-a", "-b"]}}]}, [{"a": text("x")}], [{"a": text("q-b")}]),
    ({"a": [{"exists": True}]}, [{"a": text("x")}], [{}, {"a": {"DataType": "Binary", "BinaryValue": b"x"}}]),
    ({"a": [{"exists": False}]}, [{}, {"b": text("x")}], [{"a": text("x")}]),
    ({"a": [{"numeric": [">", 0, "<=", 150]}]}, [{"a": number(1)}, {"a": number(150)}], [{"a": number(0)}]),
    ({"a": [{"numeric": ["=", 301.5]}]}, [{"a": number("3.015e2")}], [{"a": number(301)}]),
    ({"a": [{"cidr": "10.0.0.0/24"}]}, [{"a": text("10.0.0.255")}], [{"a": text("10.0.1.0")}, {"a": text("no")}]),
    ({"a": ["x"], "b": ["y"]}, [{"a": text("x"), "b": text("y")}], [{"a": text("x")}]),
    ({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, [{"a": text("x")}, {"b": text("y")}], [{"a": text("y")}]),
    ({"a": [True, None]}, [{"a": array(True)}, {"a": array(None)}], [{"a": text("true")}, {"a": array(1)}]),
]


@pytest.mark.spec("SNS-025")
@pytest.mark.parametrize(("policy", "wanted", "unwanted"), CASES, ids=[json.dumps(case[0]) for case in CASES])
def test_every_operator_matches_attributes(sns, cloud, topic, subscribe, policy, wanted, unwanted):
    queue = subscribe(topic, FilterPolicy=json.dumps(policy))
    for kind, messages in (("wanted", wanted), ("unwanted", unwanted)):
        for attributes in messages:
            sns.publish(TopicArn=topic, Message=kind, MessageAttributes=attributes)
    cloud.settle()
    assert queue.texts() == ["wanted"] * len(wanted)


@pytest.mark.spec("SNS-025")
def test_the_body_is_matched_down_to_nested_keys(topic, subscribe, publish):
    policy = {"object": {"key": [{"prefix": "auto-"}], "size": [{"numeric": [">", 10]}]}, "test": [{"exists": False}]}
    queue = subscribe(topic, FilterPolicy=json.dumps(policy), FilterPolicyScope="MessageBody")
    bodies = [
        {"object": {"key": "auto-1", "size": 11}},
        {"object": [{"key": "x", "size": 11}, {"key": "auto-2", "size": 12}]},
        {"object": [{"key": "auto-3", "size": 1}, {"key": "x", "size": 12}]},
        {"object": {"key": "auto-4", "size": 11}, "test": 1},
        {"object": {"key": "manual", "size": 11}},
        [],
    ]
    for body in bodies:
        publish(topic, json.dumps(body))
    publish(topic, "no json")
    assert [json.loads(body) for body in queue.texts()] == bodies[:2]


def test_a_filter_can_be_changed_and_taken_away(sns, topic, subscribe, publish):
    queue = subscribe(topic, FilterPolicy='{"a": ["x"]}')

    def set_filter(policy):
        sns.set_subscription_attributes(
            SubscriptionArn=queue.subscription, AttributeName="FilterPolicy", AttributeValue=policy
        )

    publish(topic, "1", MessageAttributes={"a": text("y")})
    set_filter('{"a": ["y"]}')
    publish(topic, "2", MessageAttributes={"a": text("y")})
    set_filter("{}")
    publish(topic, "3")
    assert queue.texts() == ["2", "3"]
    attributes = sns.get_subscription_attributes(SubscriptionArn=queue.subscription)["Attributes"]
    assert "FilterPolicy" not in attributes


@pytest.mark.spec("SNS-020")
@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("{bad", "Filter is not valid JSON"),
        ("[]", "Filter is not an object"),
        ('{"a": "x"}', '"a" must be an object or an array'),
        ('{"a": []}', "Empty arrays are not allowed"),
        ('{"a": [["x"]]}', "Match value must be String, number, true, false, or null"),
        ('{"a": [{"like": "x"}]}', "Unrecognized match type like"),
        ('{"a": [{"prefix": 1}]}', "prefix match pattern must be a string"),
        ('{"a": [{"numeric": ["<", "x"]}]}', "Value of < must be numeric"),
        ('{"a": [{"numeric": [">", 2, "<", 1]}]}', "Bottom must be less than top"),
        ('{"a": [{"exists": "yes"}]}', "exists match pattern must be either true or false."),
        ('{"a": [1000000001]}', "Value must be between -1000000000.0 and 1000000000.0, inclusive"),
        (
            '{"a": {"b": ["x"]}}',
            "Filter policy scope MessageAttributes does not support nested filter policy",
        ),
    ],
)
def test_malformed_filters_are_refused(sns, topic, subscribe, refused, policy, reason):
    queue = subscribe(topic)
    change = {"AttributeName": "FilterPolicy", "AttributeValue": policy}
    code, status, message = refused(sns.set_subscription_attributes, SubscriptionArn=queue.subscription, **change)
    assert (code, status) == ("InvalidParameter", 400)
    assert message == f"Invalid parameter: FilterPolicy: {reason}"


@pytest.mark.spec("SNS-026")
def test_filters_have_bounds(sns, topic, make_queue, refused):
    def refuse(policy, scope="MessageAttributes"):
        attributes = {"FilterPolicy": json.dumps(policy), "FilterPolicyScope": scope}
        return refused(sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=make_queue().arn, Attributes=attributes)[
            2
        ]

    def accept(policy, scope="MessageAttributes"):
        attributes = {"FilterPolicy": json.dumps(policy), "FilterPolicyScope": scope}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=make_queue().arn, Attributes=attributes)

    prefix = "Invalid parameter: FilterPolicy: Filter policy"
    assert refuse({key: ["x"] for key in "abcdef"}) == f"{prefix} can not have more than 5 keys"
    accept({key: ["x"] for key in "abcde"})
    assert refuse({"a": list(range(16)), "b": list(range(10))}) == f"{prefix} is too complex"
    accept({"a": list(range(15)), "b": list(range(10))})
    # Each list counts as often as it lies deep.
    assert refuse({"a": {"b": {"c": list(range(51))}}}, "MessageBody") == f"{prefix} is too complex"
    accept({"a": {"b": {"c": list(range(50))}}}, "MessageBody")
    # Only keys at the top count.
    accept({"a": {key: ["x"] for key in "abcdef"}}, "MessageBody")


@pytest.mark.spec("SNS-026")
def test_a_topic_has_at_most_two_hundred_filters(sns, topic, make_queue, many, refused):
    filtered = {"TopicArn": topic, "Protocol": "sqs", "Attributes": {"FilterPolicy": '{"a": [1]}'}}
    endpoints = [f"arn:aws:sqs:us-east-1:000000000000:q{index}" for index in range(200)]
    many("sns", "Subscribe", [{**filtered, "Endpoint": endpoint} for endpoint in endpoints])
    wanted = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": make_queue().arn}
    code, status, _ = refused(sns.subscribe, **wanted, Attributes={"FilterPolicy": '{"a": [1]}'})
    assert (code, status) == ("FilterPolicyLimitExceeded", 403)
    first = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]
    sns.unsubscribe(SubscriptionArn=first["SubscriptionArn"])
    sns.subscribe(**wanted, Attributes={"FilterPolicy": '{"a": [1]}'})
