"""What a decision costs: ``python -m benchmarks.policy``.

Ten attached policies of twenty statements each, in six shapes, from policies a careful team writes to the worst a
quota lets pass; asked of the same resource again and again, and of a thousand others in turn, so that nothing can be
remembered of them. Policies are parsed beforehand (they are cached by content); the time is that of one ``decide``.
The median of many rounds is shown, and held to the goal.
"""

from __future__ import annotations

import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from skyglobe.kernel.principals import Principal
from skyglobe.policy import PolicySet, Question, Source, Sources, decide, parse_policy

GOAL_US = 60.0
POLICIES = 10
STATEMENTS = 20
ROUNDS = 40
DECISIONS = 500

ACCOUNT = "111122223333"
USER = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ana", "AIDAEXAMPLEEXAMPLE12", "user")
CONTEXT = {
    "aws:username": "ana",
    "aws:principalarn": USER.arn,
    "aws:sourceip": "203.0.113.7",
    "aws:securetransport": "true",
    "aws:currenttime": "2026-11-23T17:00:00Z",
    "aws:principaltag/team": "blue",
    "aws:requestedregion": "us-east-1",
}
SERVICES = ("s3", "sqs", "sns", "dynamodb", "lambda", "ec2", "kms", "logs", "events", "iam")
Write = Callable[[int, int], dict[str, Any]]


def ordinary(policy: int, number: int) -> dict[str, Any]:
    """Return a statement of a policy for one service: of the ten policies one speaks of the request's."""
    service = SERVICES[policy]
    return {
        "Effect": "Deny" if number % 5 == 4 else "Allow",
        "Action": [f"{service}:Get*", f"{service}:List*", f"{service}:Describe*"],
        "Resource": f"arn:aws:{service}:::place-{number}/*",
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}},
    }


def one_service(policy: int, number: int) -> dict[str, Any]:
    """Return a statement that speaks of the request's service, each of another prefix."""
    return {"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::place-{policy}-{number}/*"}


def all_denies(policy: int, number: int) -> dict[str, Any]:
    """Return a statement that denies another place of the same service; all must be looked at."""
    allows = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    denies = {"Effect": "Deny", "Action": "s3:*", "Resource": f"arn:aws:s3:::secret-{policy}-{number}/*"}
    return allows if number == STATEMENTS - 1 else denies


def conditions(policy: int, number: int) -> dict[str, Any]:
    """Return a statement that fits in all but its condition: every one is evaluated."""
    return {
        "Effect": "Deny" if number % 2 else "Allow",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": f"team-{policy}-{number}"}},
    }


def variables(policy: int, number: int) -> dict[str, Any]:
    """Return a statement on what belongs to the caller; none of it is what is asked for."""
    return {
        "Effect": "Allow",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::place-{policy}-{number}/${{aws:username}}/*",
    }


def inner_wildcards(policy: int, number: int) -> dict[str, Any]:
    """Return a statement whose place has a wildcard before what tells it from others, and a variable behind."""
    return {
        "Effect": "Allow",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::*-place-{policy}-{number}/${{aws:username}}/*",
    }


SHAPES: dict[str, tuple[Write, str]] = {
    "a policy for each service": (ordinary, "arn:aws:s3:::place-7/key"),
    "200 allows of one service": (one_service, "arn:aws:s3:::place-9-19/key"),
    "190 denies of one service": (all_denies, "arn:aws:s3:::place/key"),
    "200 conditions that fail": (conditions, "arn:aws:s3:::place/key"),
    "200 places with variables": (variables, "arn:aws:s3:::place/ana/key"),
    "200 wildcards and variables": (inner_wildcards, "arn:aws:s3:::a-place-9/ana/key"),
}


def policies_of(write: Write) -> PolicySet:
    """Return ten attached policies."""
    documents = [
        {"Version": "2012-10-17", "Statement": [write(policy, number) for number in range(STATEMENTS)]}
        for policy in range(POLICIES)
    ]
    return PolicySet(
        identity=Sources(
            Source(parse_policy(json.dumps(document), "identity"), f"policy-{number}", kind="managed")
            for number, document in enumerate(documents)
        )
    )


def microseconds(questions: Iterator[Question], policies: PolicySet) -> list[float]:
    """Return what one decision cost, round by round."""
    rounds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter_ns()
        for _ in range(DECISIONS):
            decide(next(questions), policies)
        rounds.append((time.perf_counter_ns() - begun) / DECISIONS / 1000)
    return rounds


def main() -> int:
    """Print the table; 1 when a shape misses the goal."""
    missed = False
    print(f"{POLICIES} policies of {STATEMENTS} statements; goal {GOAL_US:.0f} µs a decision")
    for name, (write, resource) in SHAPES.items():
        policies = policies_of(write)
        for kind, questions in (("same", [resource]), ("others", [f"{resource}-{number}" for number in range(1000)])):
            asked = [Question(USER, "s3:GetObject", one, CONTEXT, ACCOUNT) for one in questions]
            rounds = microseconds(itertools.cycle(asked), policies)
            median = statistics.median(rounds)
            missed = missed or median > GOAL_US
            outcome = decide(asked[0], policies).outcome
            figures = f"median {median:6.1f} µs, best {min(rounds):6.1f}, worst {max(rounds):6.1f}"
            print(f"{name:28} {kind:7} {outcome:13} {figures}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
