"""Reads decision tables: pipe-separated columns, one decision a row, policies in a short notation.

A policy cell holds statements separated by ``;``, each

    +ACTIONS [@RESOURCES] [for PRINCIPALS] [if OPERATOR KEY=VALUES [and OPERATOR KEY=VALUES]]

where ``+`` allows and ``-`` denies, lists are separated by commas, ``!`` before a list makes it NotAction, NotResource
or NotPrincipal, and names (see NAMES) stand for ARNs. Levels of an organization are separated by ``>``. In
conditions and contexts names are written ``@name``, ``_`` is a space and ``''`` empty text. ``broken`` is a stored
document that is no policy.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from skyglobe.kernel.principals import ANONYMOUS, Principal, Session, root_of, service_principal
from skyglobe.policy import Kind, Policy, PolicySet, Source, parse_policy, stored_policy

HERE = "111122223333"
THERE = "999988887777"

NAMES = {
    "ana": f"arn:aws:iam::{HERE}:user/ana",
    "bob": f"arn:aws:iam::{HERE}:user/team/bob",
    "dev": f"arn:aws:iam::{HERE}:role/dev",
    "dev-session": f"arn:aws:sts::{HERE}:assumed-role/dev/s1",
    "dev-other-session": f"arn:aws:sts::{HERE}:assumed-role/dev/s2",
    "pathed": f"arn:aws:iam::{HERE}:role/a/b/pathed",
    "pathed-session": f"arn:aws:sts::{HERE}:assumed-role/pathed/s1",
    "linked-session": f"arn:aws:sts::{HERE}:assumed-role/AWSServiceRoleForX/s1",
    "linked": f"arn:aws:iam::{HERE}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
    "fed": f"arn:aws:sts::{HERE}:federated-user/fay",
    "here": HERE,
    "here-root": f"arn:aws:iam::{HERE}:root",
    "there": THERE,
    "there-root": f"arn:aws:iam::{THERE}:root",
    "eve": f"arn:aws:iam::{THERE}:user/eve",
    "spy-session": f"arn:aws:sts::{THERE}:assumed-role/spy/s1",
    "spy": f"arn:aws:iam::{THERE}:role/spy",
    "bucket": "arn:aws:s3:::bucket",
    "object": "arn:aws:s3:::bucket/key",
    "objects": "arn:aws:s3:::bucket/*",
    "other-object": "arn:aws:s3:::other/key",
    "queue": f"arn:aws:sqs:us-east-1:{HERE}:queue",
    "key": f"arn:aws:kms:us-east-1:{HERE}:key/k1",
    "google": "accounts.google.com",
    "saml": f"arn:aws:iam::{HERE}:saml-provider/corp",
    "logs": "logging.s3.amazonaws.com",
    "events": "events.amazonaws.com",
}


def _assumed(session: str, role: str, account: str = HERE) -> Principal:
    issuer = Session(issuer_arn=NAMES[role], name="s1")
    return Principal(account, NAMES[session], "AROAEXAMPLEROLE00001:s1", "assumed-role", session=issuer)


CALLERS = {
    "ana": Principal(HERE, NAMES["ana"], "AIDAEXAMPLEUSER00001", "user"),
    "bob": Principal(HERE, NAMES["bob"], "AIDAEXAMPLEUSER00002", "user"),
    "dev-session": _assumed("dev-session", "dev"),
    "bare-session": Principal(HERE, NAMES["dev-session"], "AROAEXAMPLEROLE00001:s1", "assumed-role"),
    "role": Principal(
        HERE, NAMES["dev"], "AROAEXAMPLEROLE00001", "assumed-role", session=Session(issuer_arn=NAMES["dev"])
    ),
    "pathed-session": _assumed("pathed-session", "pathed"),
    "linked-session": _assumed("linked-session", "linked"),
    "fed": Principal(HERE, NAMES["fed"], f"{HERE}:fay", "federated-user", session=Session(issuer_arn=NAMES["ana"])),
    "root": root_of(HERE),
    "root-fed": Principal(
        HERE, NAMES["fed"], f"{HERE}:fay", "federated-user", session=Session(issuer_arn=NAMES["here-root"])
    ),
    "eve": Principal(THERE, NAMES["eve"], "AIDAEXAMPLEUSER00003", "user"),
    "spy-session": _assumed("spy-session", "spy", THERE),
    "there-root": root_of(THERE),
    "logs": service_principal(NAMES["logs"], HERE),
    "events": service_principal(NAMES["events"], HERE),
    "nobody": ANONYMOUS,
    "google": Principal("", NAMES["google"], "", "federated-user"),
    "saml": Principal(HERE, NAMES["saml"], "", "federated-user"),
}


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of ``NAME.txt`` beside this file; ``#`` begins a comment, the first row names the columns."""
    lines = (Path(__file__).parent / f"{name}.txt").read_text().splitlines()
    cells = [[cell.strip() for cell in line.split("|")] for line in lines if line.strip() and not line.startswith("#")]
    header, *body = cells
    assert all(len(row) == len(header) for row in body), [row for row in body if len(row) != len(header)]
    return [{"row": f"{name}-{number}", **dict(zip(header, row, strict=True))} for number, row in enumerate(body, 1)]


def full(name: str) -> str:
    return NAMES.get(name, name)


def _list(text: str) -> list[str]:
    return [full(part.strip()) for part in text.split(",")]


def _principal(text: str) -> Any:
    if text == "*":
        return "*"
    kinds: dict[str, list[str]] = {}
    for name in (part.strip() for part in text.split(",")):
        kind, _, value = name.rpartition("=")
        value = full(value)
        kinds.setdefault(kind or ("Service" if value.endswith(".amazonaws.com") else "AWS"), []).append(value)
    return kinds


def conditions_of(text: str) -> dict[str, dict[str, list[str]]]:
    """Read ``OPERATOR KEY=VALUES and …``."""
    found: dict[str, dict[str, list[str]]] = {}
    for part in text.split(" and "):
        operator, _, rest = part.strip().partition(" ")
        key, _, values = rest.partition("=")
        found.setdefault(operator, {})[key.strip()] = [_value(value) for value in values.split(",")]
    return found


def _value(text: str) -> str:
    text = text.strip()
    if text.startswith("@"):
        return NAMES[text[1:]]
    return "" if text == "''" else text.replace("_", " ")


def statement_of(text: str, kind: Kind) -> dict[str, Any]:
    text = text.strip()
    head, _, condition = text.partition(" if ")
    head, _, principals = head.partition(" for ")
    actions, _, resources = head.partition(" @")
    effect, actions = actions[0], actions[1:].strip()
    statement: dict[str, Any] = {"Effect": {"+": "Allow", "-": "Deny"}[effect]}
    statement["NotAction" if actions.startswith("!") else "Action"] = _list(actions.lstrip("!"))
    if kind != "trust":
        resources = resources.strip() or "*"
        statement["NotResource" if resources.startswith("!") else "Resource"] = _list(resources.lstrip("!"))
    if kind in ("resource", "trust", "rcp"):
        principals = principals.strip() or "*"
        statement["NotPrincipal" if principals.startswith("!") else "Principal"] = _principal(principals.lstrip("!"))
    if condition:
        statement["Condition"] = conditions_of(condition)
    return statement


def document_of(cell: str, kind: Kind, version: str = "2012-10-17") -> str:
    return json.dumps({"Version": version, "Statement": [statement_of(part, kind) for part in cell.split(";")]})


def policy_of(cell: str, kind: Kind) -> Policy:
    if cell == "broken":
        return stored_policy('{"Statement": [{"Effect": "Allow"}]}', kind)
    return parse_policy(document_of(cell, kind), kind)


def source_of(cell: str, kind: Kind) -> Source | None:
    return Source(policy_of(cell, kind), kind) if cell else None


def _sources(cell: str, kind: Kind) -> tuple[Source, ...]:
    return (
        tuple(Source(policy_of(part.strip(), kind), f"{kind}-{part.strip()}") for part in cell.split("&"))
        if cell
        else ()
    )


def _levels(cell: str, kind: Kind) -> tuple[tuple[Source, ...], ...]:
    return tuple(_sources(level.strip().replace("none", ""), kind) for level in cell.split(">")) if cell else ()


def policies_of(row: dict[str, str]) -> PolicySet:
    trust = row.get("trust", "")
    return PolicySet(
        identity=_sources(row.get("identity", ""), "identity"),
        boundary=source_of(row.get("boundary", ""), "boundary"),
        session=_sources(row.get("session", ""), "session"),
        resource=source_of(trust, "trust") if trust else source_of(row.get("resource", ""), "resource"),
        scps=_levels(row.get("scps", ""), "scp"),
        rcps=_levels(row.get("rcps", ""), "rcp"),
        endpoint=source_of(row.get("endpoint", ""), "resource"),
        is_resource_policy_required=bool(row.get("required", "")),
    )


def context_of(text: str) -> dict[str, str | list[str]]:
    """Read ``key=value; key=[a,b]``."""
    context: dict[str, str | list[str]] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        key, _, value = part.partition("=")
        if value.startswith("["):
            context[key.lower()] = [_value(one) for one in value[1:-1].split(",")] if value != "[]" else []
        else:
            context[key.lower()] = _value(value)
    return context
