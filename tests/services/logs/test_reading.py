"""Reading: pages forward and backward, searching groups, and the limits of pages."""

import random

import pytest

DAY, HOUR, MINUTE = 86_400_000, 3_600_000, 60_000


@pytest.mark.spec("CWL-029")
def test_pages_go_forward_until_the_token_repeats(group, cloud):
    group.put(*map(str, range(25)), at=cloud.now - 1000, every=10)
    seen, token = [], {}
    while True:
        page = group.get(startFromHead=True, limit=10, **token)
        if page["nextForwardToken"] == token.get("nextToken"):
            break
        seen += [event["message"] for event in page["events"]]
        token = {"nextToken": page["nextForwardToken"]}
    assert page["events"] == []
    assert seen == list(map(str, range(25)))
    group.put("25")
    assert group.messages(**token) == ["25"]


def test_pages_go_backward_and_back_again(group, cloud):
    group.put(*map(str, range(25)), at=cloud.now - 1000, every=10)
    latest = group.get(limit=10)
    assert [event["message"] for event in latest["events"]] == list(map(str, range(15, 25)))
    before = group.get(limit=10, nextToken=latest["nextBackwardToken"])
    assert [event["message"] for event in before["events"]] == list(map(str, range(5, 15)))
    again = group.get(limit=10, nextToken=before["nextForwardToken"], startFromHead=True)
    assert again["events"] == latest["events"]
    first = group.get(limit=10, nextToken=before["nextBackwardToken"])
    end = group.get(limit=10, nextToken=first["nextBackwardToken"])
    assert end["events"] == []
    assert end["nextBackwardToken"] == first["nextBackwardToken"]
    turned = group.get(limit=10, nextToken=end["nextForwardToken"], startFromHead=True)
    assert [event["message"] for event in turned["events"]] == list(map(str, range(10)))


def test_an_empty_stream_has_tokens_that_find_what_comes(group):
    page = group.get()
    assert page["events"] == []
    assert page["nextForwardToken"].startswith("f/")
    assert page["nextBackwardToken"].startswith("b/")
    group.put("new")
    assert group.messages(nextToken=page["nextForwardToken"], startFromHead=True) == ["new"]


def test_bad_tokens_are_refused(group, refused):
    for token in ("x", "f/1/s", "f/" + "9" * 57 + "/s"):
        code, _, text = refused(group.get, nextToken=token)
        assert (code, text) == ("InvalidParameterException", "The specified nextToken is invalid.")
    assert refused(group.find, nextToken="x")[0] == "InvalidParameterException"


def test_times_bound_what_is_read(group, cloud):
    now = cloud.now
    group.put("a", "b", "c", at=now - 20, every=10)
    assert group.messages(startTime=now - 10) == ["b", "c"]
    assert group.messages(endTime=now - 10) == ["a"]
    assert group.find(startTime=now - 10) == ["b", "c"]
    assert group.find(endTime=now - 10) == ["a", "b"]


def test_a_page_has_at_most_a_megabyte(group):
    group.put(*["x" * 300_000] * 3)
    group.put(*["y" * 300_000] * 3)
    page = group.get(startFromHead=True)
    assert len(page["events"]) == 3
    following = group.get(startFromHead=True, nextToken=page["nextForwardToken"])
    assert [event["message"][0] for event in following["events"]] == ["y", "y", "y"]


@pytest.mark.spec("CWL-015")
def test_searching_goes_through_all_streams_in_order_of_time(group, cloud):
    now = cloud.now
    for name in ("one", "two", "x-three"):
        group.make_stream(name)
    group.put("ERROR a", "info", stream="one", at=now - 2 * HOUR, every=HOUR)
    group.put("ERROR b", stream="two", at=now - HOUR)
    group.put("ERROR c", stream="x-three", at=now - 3 * HOUR)
    group.put('{"level": "ERROR", "status": 500}', stream="two", at=now)
    assert group.find("ERROR -c") == ["ERROR a", "ERROR b", '{"level": "ERROR", "status": 500}']
    assert group.find("{ $.status >= 500 }") == ['{"level": "ERROR", "status": 500}']
    assert group.find("[level=ERROR, what]") == ["ERROR c", "ERROR a", "ERROR b"]
    assert group.find("ERROR", logStreamNames=["two", "x-three"], endTime=now - 1) == ["ERROR c", "ERROR b"]
    assert group.find("ERROR", logStreamNamePrefix="x-") == ["ERROR c"]
    (event,) = group.client.filter_log_events(logGroupIdentifier=group.arn, filterPattern="?a ?z")["events"][:1]
    assert event["logStreamName"] == "one"
    assert event["timestamp"] == now - 2 * HOUR
    assert len(event["eventId"]) == 56


@pytest.mark.spec("CWL-029")
def test_a_search_is_continued_page_by_page(group, cloud, refused):
    group.make_stream("t")
    for number in range(10):
        group.put(f"hit {number}", stream="st"[number % 2], at=cloud.now - 1000 + number)
    pages = group.client.get_paginator("filter_log_events").paginate(
        logGroupName=group.name, filterPattern="hit", PaginationConfig={"PageSize": 3}
    )
    assert [event["message"] for page in pages for event in page["events"]] == [f"hit {n}" for n in range(10)]
    page = group.client.filter_log_events(logGroupName=group.name, limit=3)
    asked = {"logGroupName": group.name, "limit": 3, "nextToken": page["nextToken"]}
    assert refused(group.client.filter_log_events, **asked, filterPattern="other")[0] == "InvalidParameterException"
    cloud.turn(days=1, seconds=1)
    assert "expired" in refused(group.client.filter_log_events, **asked)[2]


@pytest.mark.spec("CWL-029")
def test_a_long_search_answers_empty_pages_on_its_way(group, cloud):
    group.put(*["x"] * 9_999, "y")
    group.put(*["x"] * 10_000)
    group.put(*["x"] * 9_999, "y")
    page = group.client.filter_log_events(logGroupName=group.name, filterPattern="z")
    assert page["events"] == []
    assert "nextToken" in page
    assert group.find("y") == ["y", "y"]


def test_searching_is_asked_for_in_one_way(group, refused):
    search = group.client.filter_log_events
    both = {"logStreamNames": ["s"], "logStreamNamePrefix": "s"}
    assert refused(search, logGroupName=group.name, **both)[0] == "InvalidParameterException"
    assert refused(search)[0] == "InvalidParameterException"
    assert refused(search, logGroupName=group.name, logGroupIdentifier=group.arn)[0] == "InvalidParameterException"
    assert refused(search, logGroupName=group.name, logStreamNames=["z"])[0] == "ResourceNotFoundException"
    code, _, text = refused(search, logGroupName=group.name, filterPattern="a:b")
    assert (code, text) == ("InvalidParameterException", "Invalid character(s) in term 'a:b'")
    assert refused(search, logGroupName=group.name, filterPattern="{ $.a }")[0] == "InvalidParameterException"


def test_however_events_come_they_are_read_in_order(group, cloud):
    """Batches of all sizes, late ones among them, packed and fresh, are read as one sorted list, from both ends."""
    chance = random.Random(4)
    now, kept = cloud.now, []
    for number in range(150):
        begin = now - chance.choice([0, 5, 70]) * MINUTE - chance.randrange(HOUR)
        count = chance.choice([1, 2, 3, 200 if number % 50 == 0 else 5])
        times = [begin + chance.randrange(10) + 10 * place for place in range(count)]
        events = [{"timestamp": at, "message": f"{number}-{place}"} for place, at in enumerate(times)]
        group.put_events(events)
        kept += [(event["timestamp"], number, place) for place, event in enumerate(events)]
    expected = [f"{number}-{place}" for _, number, place in sorted(kept)]
    assert group.messages(startFromHead=True) == expected
    assert group.messages() == expected
    assert group.find() == expected
    assert group.find(logStreamNames=["s"]) == expected
    half = now - HOUR
    later = [f"{number}-{place}" for at, number, place in sorted(kept) if at >= half]
    assert group.messages(startTime=half) == later
    assert group.find(startTime=half) == later
    backward, token = [], {}
    while page := group.get(limit=97, **token):
        if not page["events"]:
            break
        backward = [event["message"] for event in page["events"]] + backward
        token = {"nextToken": page["nextBackwardToken"]}
    assert backward == expected


def test_a_found_page_has_at_most_a_megabyte_too(group):
    for letter in "abcd":
        group.put(letter * 400_000)
    page = group.client.filter_log_events(logGroupName=group.name)
    assert [event["message"][0] for event in page["events"]] == ["a", "b"]
    assert [message[0] for message in group.find()] == ["a", "b", "c", "d"]


def test_many_busy_streams_are_searched_side_by_side(group, cloud):
    """Packed and fresh events of more streams than are read at once, each with several chunks in a slot."""
    now, expected = cloud.now // 300_000 * 300_000 - 300_000, []
    for number in range(20):
        group.make_stream(f"busy-{number}")
        for part in range(3):
            texts = [f"{number}-{part}-{place} " + "x" * 700 for place in range(100)]
            at = now + part * 60_000 + number
            group.put(*texts, stream=f"busy-{number}", at=at, every=20)
            expected += [(at + place * 20, f"{number}-{part}-{place}") for place in range(100)]
    found = [message.split()[0] for message in group.find()]
    assert found == [text for _, text in sorted(expected, key=lambda one: one[0])]
    assert [message.split()[0] for message in group.find(logStreamNamePrefix="busy-")] == found
