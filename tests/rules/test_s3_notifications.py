"""Laws of event notifications and access logs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.s3.rules.access_logs import Entry, line_of
from skyglobe.services.s3.rules.notifications import BadNotification, Target, check_configuration
from skyglobe.services.s3.rules.websites import Asked, Website

KNOWN = ("s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectCreated:Copy", "s3:ObjectRemoved:*")
KNOWN = (*KNOWN, "s3:ObjectRemoved:Delete", "s3:ObjectRemoved:DeleteMarkerCreated")
EVENTS = ("ObjectCreated:Put", "ObjectCreated:Copy", "ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated")
short = st.text("ab", max_size=3)


def entry(event, prefix, suffix):
    rules = [{"Name": "Prefix", "Value": prefix}, {"Name": "Suffix", "Value": suffix}]
    return {"QueueArn": "arn", "Events": [event], "Filter": {"Key": {"FilterRules": rules}}}


entries = st.builds(entry, st.sampled_from(KNOWN), short, short)


@given(one=entries, other=entries, event=st.sampled_from(EVENTS), key=st.text("ab", max_size=8))
def test_no_event_is_for_two_configurations_that_are_taken_together(one, other, event, key):
    try:
        targets = check_configuration({"QueueConfigurations": [one, other]}, KNOWN)
    except BadNotification:
        return
    assert sum(target.takes(event, key) for target in targets) <= 1


def test_a_key_must_fit_both_ends_of_a_filter():
    target = Target("sqs", "arn", "id", ("s3:ObjectCreated:Put",), "a/", ".jpg")
    assert target.takes("ObjectCreated:Put", "a/b.jpg")
    assert not target.takes("ObjectCreated:Copy", "a/b.jpg")
    assert not target.takes("ObjectCreated:Put", "b/a/b.jpg")


FIELDS = re.compile(r'(?:\[[^]]*\]|"[^"]*"|\S+)')
anything = st.text(max_size=20)


@given(ip=anything, requester=anything, key=anything, uri=anything, referer=anything, agent=anything, host=anything)
def test_a_line_has_twenty_six_fields_whatever_a_client_sends(ip, requester, key, uri, referer, agent, host):
    made = Entry("o", "b", 0, ip, requester, "r", "REST.GET.OBJECT", key, uri, referer=referer, agent=agent, host=host)
    line = line_of(made)
    assert line.endswith("\n")
    assert len(line.splitlines()) == 1
    assert len(FIELDS.findall(line)) == 26


@pytest.mark.parametrize(
    ("condition", "status", "key", "expected"),
    [
        ({"KeyPrefixEquals": "docs/"}, None, "docs/a", "http://h/new/a"),
        ({"KeyPrefixEquals": "docs/"}, 404, "docs/a", None),
        ({"HttpErrorCodeReturnedEquals": "404"}, 404, "x", "http://h/new/x"),
        ({"HttpErrorCodeReturnedEquals": "404"}, 403, "x", None),
        ({"HttpErrorCodeReturnedEquals": "404", "KeyPrefixEquals": "d"}, 404, "x", None),
    ],
)
def test_routing_rules_apply_before_an_object_is_looked_for_or_after_its_error(condition, status, key, expected):
    site = Website({"RoutingRules": [{"Condition": condition, "Redirect": {"ReplaceKeyPrefixWith": "new/"}}]})
    found = site.route(Asked("http", "h", key), status)
    assert (found[1] if found else None) == expected
