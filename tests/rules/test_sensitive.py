"""What sensitive data look like, and where findings say they are."""

from hypothesis import given, settings
from hypothesis import strategies as st

from skyglobe.kernel.sensitive import find_sensitive
from skyglobe.services.sns.rules.audits import find_identifiers
from skyglobe.services.sns.rules.identifiers import Identifier
from skyglobe.services.sns.rules.protection import Protection, Rule

PKCS = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow+/=\n-----END RSA PRIVATE KEY-----"
PUTTY = "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\nAAAA\nPrivate-MAC: 0a1b"
NAMES = st.sampled_from(["a", "ann", "b-c", "d.e"])
ADDRESSES = st.lists(st.builds("{}@{}.org".format, NAMES, NAMES), max_size=5)
AROUND = st.sampled_from([" ", "äß\n", "(),", " ; "])


def found(text, name):
    return [text[start:end] for start, end in find_sensitive(text, name)]


def test_private_keys_are_found_from_their_first_line_to_their_last():
    text = f"a {PKCS} b {PUTTY} c"
    assert found(text, "PkcsPrivateKey") == [PKCS]
    assert found(text, "PuttyPrivateKey") == [PUTTY]
    opened = "-----BEGIN OPENSSH PRIVATE KEY-----"
    assert found(f"{opened}\nb3Bl", "OpenSshPrivateKey") == [opened]
    torn = "PuTTY-User-Key-File-2: x PuTTY-User-Key-File-2: y"
    assert found(torn, "PuttyPrivateKey") == ["PuTTY-User-Key-File-2:"] * 2
    assert found("-----BEGIN PUBLIC KEY-----", "PkcsPrivateKey") == []


@settings(max_examples=40, deadline=None)
@given(ADDRESSES, AROUND)
def test_detections_count_characters_from_one_and_masks_cover_just_them(addresses, around):
    text = around + around.join(addresses) + around
    findings = find_identifiers(text, (Identifier("EmailAddress"), Identifier("IpAddress")))
    assert len(findings) == bool(addresses)
    hidden = set()
    for finding in findings:
        detections = finding["detections"]
        assert [text[one["start"] - 1 : one["end"]] for one in detections] == addresses
        assert (finding["name"], finding["count"]) == ("EmailAddress", len(addresses))
        hidden |= {place for one in detections for place in range(one["start"] - 1, one["end"])}
    masking = Protection((Rule("Inbound", (Identifier("EmailAddress"),), ("*",), (), "#"),))
    masked = "".join("#" if place in hidden else character for place, character in enumerate(text))
    assert masking.apply(text, "anybody", "Inbound") == masked
