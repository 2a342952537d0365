"""Mail, SMS and push messages: captured for their sender to read."""

import json
import re

import pytest

from skyglobe.kernel.wire import Request

PHONE = "+15555550100"


@pytest.fixture
def verified(sns, captured):
    sns.create_sms_sandbox_phone_number(PhoneNumber=PHONE)
    code = re.search(r"\d{6}", captured("sms", PHONE)[0]["text"])[0]
    sns.verify_sms_sandbox_phone_number(PhoneNumber=PHONE, OneTimePassword=code)
    return PHONE


def test_mail_is_sent_once_its_reader_agreed(sns, make_topic, publish, browse, captured, cloud):
    topic = make_topic(DisplayName="Orders")
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ann@example.com")
    publish(topic, "too early")
    (asked,) = captured("email", "ann@example.com")
    assert asked["subject"] == "AWS Notification - Subscription Confirmation"
    assert asked["sender"] == "Orders <no-reply@sns.amazonaws.com>"
    assert browse(re.search(r"http\S+", asked["text"])[0]).status == 200
    publish(topic, "two of everything", Subject="New order")
    mail = captured("email", "ann@example.com")[0]
    assert mail["subject"] == "New order"
    assert mail["text"].startswith("two of everything\n")
    assert browse(re.search(r"http\S+Unsubscribe\S+", mail["text"])[0]).status == 200
    publish(topic, "unread")
    assert "unread" not in captured("email", "ann@example.com")[0]["text"]


def test_mail_as_json_is_the_signed_envelope(sns, topic, publish, captured):
    sns.subscribe(TopicArn=topic, Protocol="email-json", Endpoint="ann@example.com")
    token = json.loads(captured("email")[0]["text"])["Token"]
    sns.confirm_subscription(TopicArn=topic, Token=token)
    publish(topic, "for programs")
    assert json.loads(captured("email")[0]["text"])["Message"] == "for programs"


@pytest.mark.spec("SNS-031")
def test_the_sandbox_lets_sms_go_to_verified_numbers_only(sns, refused, captured, cloud):
    assert sns.get_sms_sandbox_account_status()["IsInSandbox"] is True
    assert refused(sns.publish, PhoneNumber=PHONE, Message="hi")[:2] == ("InvalidParameter", 400)
    sns.create_sms_sandbox_phone_number(PhoneNumber=PHONE)
    assert sns.list_sms_sandbox_phone_numbers()["PhoneNumbers"] == [{"PhoneNumber": PHONE, "Status": "Pending"}]
    code = re.search(r"\d{6}", captured("sms", PHONE)[0]["text"])[0]
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert refused(sns.verify_sms_sandbox_phone_number, PhoneNumber=PHONE, OneTimePassword=wrong)[0] == (
        "VerificationException"
    )
    sns.verify_sms_sandbox_phone_number(PhoneNumber=PHONE, OneTimePassword=code)
    assert sns.list_sms_sandbox_phone_numbers()["PhoneNumbers"][0]["Status"] == "Verified"
    assert sns.publish(PhoneNumber=PHONE, Message="hi")["MessageId"]
    assert captured("sms", PHONE)[0]["text"] == "hi"
    assert refused(sns.delete_sms_sandbox_phone_number, PhoneNumber=PHONE)[0] == "UserError"
    cloud.turn(days=1)
    sns.delete_sms_sandbox_phone_number(PhoneNumber=PHONE)
    assert refused(sns.delete_sms_sandbox_phone_number, PhoneNumber=PHONE)[:2] == ("ResourceNotFound", 404)


def test_five_wrong_codes_need_a_new_one(sns, refused, captured):
    sns.create_sms_sandbox_phone_number(PhoneNumber=PHONE)
    code = re.search(r"\d{6}", captured("sms", PHONE)[0]["text"])[0]
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for given in [wrong] * 5 + [code]:
        call = {"PhoneNumber": PHONE, "OneTimePassword": given}
        assert refused(sns.verify_sms_sandbox_phone_number, **call)[0] == "VerificationException"


@pytest.mark.spec("SNS-031")
def test_who_answers_stop_gets_no_more(sns, cloud, verified, refused, captured):
    body = json.dumps({"number": PHONE, "text": " Stop "}).encode()
    answer = cloud.send(Request("POST", "/_skyglobe/captured/replies", "", {"host": "localhost:4566"}, body))
    assert answer.status == 200
    assert sns.check_if_phone_number_is_opted_out(phoneNumber=PHONE)["isOptedOut"] is True
    assert sns.list_phone_numbers_opted_out()["phoneNumbers"] == [PHONE]
    assert refused(sns.publish, PhoneNumber=PHONE, Message="hi")[:2] == ("OptedOut", 400)
    sns.opt_in_phone_number(phoneNumber=PHONE)
    sns.publish(PhoneNumber=PHONE, Message="hi again")
    assert captured("sms", PHONE)[0]["text"] == "hi again"
    cloud.send(Request("POST", "/_skyglobe/captured/replies", "", {"host": "localhost:4566"}, body))
    assert sns.list_phone_numbers_opted_out()["phoneNumbers"] == [PHONE]


def test_phones_subscribe_without_being_asked(sns, topic, publish, captured):
    sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+1 555 555 0100")
    publish(topic, json.dumps({"default": "long", "sms": "short"}), MessageStructure="json")
    (message,) = captured("sms", PHONE)
    assert (message["text"], message["sender"]) == ("short", "NOTICE")


def test_sms_settings_are_kept_and_used(sns, verified, captured, refused):
    sns.set_sms_attributes(attributes={"DefaultSenderID": "Shop", "DefaultSMSType": "Transactional"})
    sns.set_sms_attributes(attributes={"MonthlySpendLimit": "5"})
    assert sns.get_sms_attributes()["attributes"] == {
        "DefaultSenderID": "Shop",
        "DefaultSMSType": "Transactional",
        "MonthlySpendLimit": "5",
    }
    assert sns.get_sms_attributes(attributes=["DefaultSenderID"])["attributes"] == {"DefaultSenderID": "Shop"}
    sns.publish(PhoneNumber=PHONE, Message="hi")
    assert captured("sms")[0]["sender"] == "Shop"
    for wrong in ({"Nonsense": "x"}, {"DefaultSenderID": "much too long a name"}, {"DefaultSMSType": "Spam"}):
        assert refused(sns.set_sms_attributes, attributes=wrong)[0] == "InvalidParameter"


@pytest.fixture
def application(sns):
    return sns.create_platform_application(Name="app", Platform="GCM", Attributes={"PlatformCredential": "key"})[
        "PlatformApplicationArn"
    ]


@pytest.fixture
def device(sns, application):
    return sns.create_platform_endpoint(PlatformApplicationArn=application, Token="device-token")["EndpointArn"]


@pytest.mark.spec("SNS-007")
def test_a_device_is_pushed_to_directly_and_by_topic(sns, device, topic, publish, captured):
    payload = {"default": "text", "GCM": json.dumps({"notification": {"title": "Hi"}})}
    sns.publish(TargetArn=device, Message=json.dumps(payload), MessageStructure="json")
    (pushed,) = captured("push", "device-token")
    assert json.loads(pushed["text"]) == {"notification": {"title": "Hi"}}
    sns.subscribe(TopicArn=topic, Protocol="application", Endpoint=device)
    publish(topic, "to everybody")
    assert captured("push", "device-token")[0]["text"] == "to everybody"


@pytest.mark.spec("SNS-008")
def test_the_known_push_services_are_taken_and_no_others(sns, refused):
    for platform in ("GCM", "APNS", "APNS_SANDBOX", "ADM", "BAIDU", "WNS", "MPNS"):
        arn = sns.create_platform_application(Name="a", Platform=platform, Attributes={"PlatformCredential": "k"})
        assert arn["PlatformApplicationArn"].endswith(f":app/{platform}/a")
    wrong = {"Name": "a", "Platform": "PIGEON", "Attributes": {"PlatformCredential": "k"}}
    assert refused(sns.create_platform_application, **wrong)[:2] == ("InvalidParameter", 400)
    assert len(sns.list_platform_applications()["PlatformApplications"]) == 7


@pytest.mark.spec("SNS-033")
def test_a_disabled_endpoint_is_pushed_nothing(sns, device, application, refused, captured):
    sns.set_endpoint_attributes(EndpointArn=device, Attributes={"Enabled": "false"})
    assert refused(sns.publish, TargetArn=device, Message="x") == ("EndpointDisabled", 400, "Endpoint is disabled")
    sns.set_endpoint_attributes(EndpointArn=device, Attributes={"Enabled": "true"})
    sns.publish(TargetArn=device, Message="back")
    assert captured("push")[0]["text"] == "back"
    sns.set_platform_application_attributes(PlatformApplicationArn=application, Attributes={"Enabled": "false"})
    assert refused(sns.publish, TargetArn=device, Message="x")[0] == "PlatformApplicationDisabled"


def test_applications_keep_their_secrets_and_tell_of_their_endpoints(
    sns, application, topic, subscribe, cloud, refused
):
    queue = subscribe(topic)
    sns.set_platform_application_attributes(
        PlatformApplicationArn=application, Attributes={"EventEndpointCreated": topic, "EventEndpointDeleted": topic}
    )
    shown = sns.get_platform_application_attributes(PlatformApplicationArn=application)["Attributes"]
    assert shown == {"Enabled": "true", "EventEndpointCreated": topic, "EventEndpointDeleted": topic}
    made = {"PlatformApplicationArn": application, "Token": "t", "CustomUserData": "mine"}
    device = sns.create_platform_endpoint(**made)["EndpointArn"]
    assert sns.create_platform_endpoint(**made)["EndpointArn"] == device
    code, _, message = refused(sns.create_platform_endpoint, PlatformApplicationArn=application, Token="t")
    assert code == "InvalidParameter"
    assert f"Endpoint {device} already exists with the same Token, but different attributes." in message
    assert sns.get_endpoint_attributes(EndpointArn=device)["Attributes"] == {
        "Enabled": "true",
        "CustomUserData": "mine",
        "Token": "t",
    }
    (listed,) = sns.list_endpoints_by_platform_application(PlatformApplicationArn=application)["Endpoints"]
    assert listed["EndpointArn"] == device
    sns.delete_endpoint(EndpointArn=device)
    sns.delete_endpoint(EndpointArn=device)
    assert refused(sns.get_endpoint_attributes, EndpointArn=device)[:2] == ("NotFound", 404)
    cloud.settle()
    events = [json.loads(text) for text in queue.texts()]
    assert [event["EventType"] for event in events] == ["EndpointCreated", "EndpointDeleted"]


def test_a_deleted_application_takes_its_endpoints_along(sns, application, device, cloud, refused):
    sns.delete_platform_application(PlatformApplicationArn=application)
    cloud.settle()
    cloud.turn(1)
    assert refused(sns.get_platform_application_attributes, PlatformApplicationArn=application)[0] == "NotFound"
    assert refused(sns.get_endpoint_attributes, EndpointArn=device)[0] == "NotFound"
