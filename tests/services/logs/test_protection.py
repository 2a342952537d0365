"""Data protection: sensitive data are masked everywhere but for those who may see them."""

import json

import pytest

IDENTIFIERS = [
    "arn:aws:dataprotection::aws:data-identifier/EmailAddress",
    "arn:aws:dataprotection::aws:data-identifier/CreditCardNumber",
]


def document(identifiers=IDENTIFIERS, findings=None, mask=None):
    audit = {"Audit": {"FindingsDestination": findings or {}}}
    hide = {"Deidentify": {"MaskConfig": mask or {}}}
    statements = [{"DataIdentifier": identifiers, "Operation": one} for one in (audit, hide)]
    return json.dumps({"Name": "p", "Version": "2021-06-01", "Statement": statements})


@pytest.mark.spec("CWL-028")
def test_addresses_are_masked_unless_who_asks_may_see_them(group, cloud, aws, refused):
    group.put("before bob@example.com")
    group.client.put_data_protection_policy(logGroupIdentifier=group.name, policyDocument=document())
    group.put("mail ann@example.com, card 4111 1111 1111 1111 or 1234 1234 1234 1234")
    masked = "mail ***************, card ******************* or 1234 1234 1234 1234"
    assert group.messages() == ["before bob@example.com", masked]
    assert group.find("mail") == [masked]
    assert group.find('"ann@"') == []
    raw = "mail ann@example.com, card 4111 1111 1111 1111 or 1234 1234 1234 1234"
    assert group.messages(unmask=True)[1] == raw
    assert group.find('"ann@"', unmask=True) == [raw]
    iam = aws.client("iam")
    iam.create_user(UserName="ann")
    reads = {"Effect": "Allow", "Action": ["logs:GetLogEvents", "logs:FilterLogEvents"], "Resource": "*"}
    iam.put_user_policy(
        UserName="ann", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [reads]})
    )
    hers = cloud.session_with(iam.create_access_key(UserName="ann")["AccessKey"]).client("logs")
    asked = {"logGroupName": group.name, "logStreamName": "s"}
    assert hers.get_log_events(**asked)["events"][1]["message"] == masked
    code, _, text = refused(hers.get_log_events, **asked, unmask=True)
    assert code == "AccessDeniedException"
    assert "logs:Unmask" in text


@pytest.mark.spec("CWL-028")
def test_masks_outlive_packing_and_the_policy(group):
    group.client.put_data_protection_policy(logGroupIdentifier=group.arn, policyDocument=document())
    for number in range(70):
        group.put(f"{number} ann@example.com")
    group.client.delete_data_protection_policy(logGroupIdentifier=group.name)
    group.put("ann@example.com")
    found = group.messages()
    assert found[:70] == [f"{number} ***************" for number in range(70)]
    assert found[70] == "ann@example.com"
    assert group.described["dataProtectionStatus"] == "DELETED"


def test_policies_of_group_and_account_add_up(group, logs, refused):
    kind = "DATA_PROTECTION_POLICY"
    logs.put_data_protection_policy(logGroupIdentifier=group.name, policyDocument=document(IDENTIFIERS[:1]))
    logs.put_account_policy(policyName="a", policyType=kind, policyDocument=document(IDENTIFIERS[1:]), scope="ALL")
    group.put("ann@example.com 4111111111111111")
    assert group.messages() == ["*" * 15 + " " + "*" * 16]
    assert group.described["inheritedProperties"] == ["ACCOUNT_DATA_PROTECTION"]
    assert group.described["dataProtectionStatus"] == "ACTIVATED"
    found = logs.get_data_protection_policy(logGroupIdentifier=group.name)
    assert found["policyDocument"] == document(IDENTIFIERS[:1])
    assert found["lastUpdatedTime"]
    logs.delete_account_policy(policyName="a", policyType=kind)
    assert refused(logs.delete_account_policy, policyName="a", policyType=kind)[0] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "InvalidParameterException"),
        ("[" * 20_000, "InvalidParameterException"),
        ("{}", "InvalidParameterException"),
        (document([]), "InvalidParameterException"),
        (document(["email"]), "InvalidParameterException"),
        (document(mask={"a": 1}), "InvalidParameterException"),
        (document().replace("EmailAddress", "Name", 1), "NotImplemented"),
        (document(findings={"CloudWatchLogs": {"LogGroup": "g"}}), "NotImplemented"),
        (document().replace("EmailAddress", "IpAddress", 1), "InvalidParameterException"),
    ],
)
def test_policies_that_cannot_be_honoured_are_refused(group, refused, text, code):
    put = group.client.put_data_protection_policy
    assert refused(put, logGroupIdentifier=group.name, policyDocument=text)[0] == code
