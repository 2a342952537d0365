"""What enforcing policies costs SQS SendMessage: ``python -m benchmarks.enforcement``.

One server; the same request by the root user, whom nothing has to be decided for at home, and by a user whose ten
policies of twenty statements are. Both sign with keys the server verifies. They take turns, so that a slow stretch of
the machine falls on both. The rate may drop by 15 % at most.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import sys
from pathlib import Path
from typing import Any

from benchmarks import targets
from benchmarks.load import Stretch, play
from benchmarks.prepared import Preparer
from benchmarks.targets import Target
from benchmarks.workloads import MESSAGE, around

GOAL_PERCENT = 15.0
ROUNDS = 9
SECONDS = 2.0
CONNECTIONS = 16
SERVICES = ("s3", "sqs", "sns", "dynamodb", "lambda", "ec2", "kms", "logs", "events", "iam")
ACCOUNT = "000000000000"


def statement(service: str, number: int) -> dict[str, Any]:
    """Return a statement of the policy for one service; the last of SQS's is the one that allows."""
    place = "queue" if number == 19 else f"place-{number}"
    return {
        "Effect": "Deny" if number % 5 == 4 and number != 19 else "Allow",
        "Action": [f"{service}:Get*", f"{service}:List*", f"{service}:Send*"],
        "Resource": f"arn:aws:{service}:*:{ACCOUNT}:{place}",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def make_user(root: Preparer) -> tuple[str, str]:
    """Make the user with ten policies; return its access key."""
    iam = root.client("iam")
    iam.create_user(UserName="bench")
    for service in SERVICES:
        statements = [statement(service, number) for number in range(20)]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        arn = iam.create_policy(PolicyName=service, PolicyDocument=document)["Policy"]["Arn"]
        iam.attach_user_policy(UserName="bench", PolicyArn=arn)
    key = iam.create_access_key(UserName="bench")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


async def measure(target: Target) -> dict[str, list[Stretch]]:
    """Play both callers' requests in turns."""
    root = target.preparer()
    url = root.client("sqs").create_queue(QueueName="queue")["QueueUrl"]
    user = Preparer(target.endpoint, make_user(root))
    stretches: dict[str, list[Stretch]] = {"root": [], "user": []}
    for number in range(ROUNDS + 1):  # the first round warms up and does not count
        for name, preparer in sorted({"root": root, "user": user}.items(), reverse=bool(number % 2)):
            wire = preparer.prepare("sqs", "send_message", QueueUrl=url, MessageBody=MESSAGE).wire
            script = around([wire])
            stretch = await play(
                target.port, [script(one) for one in range(CONNECTIONS)], SECONDS, target.processes.cpu
            )
            assert not stretch.errors, stretch.first_error
            if number:
                stretches[name].append(stretch)
    return stretches


def cpu_us(stretches: list[Stretch]) -> float:
    """Return the server's CPU for each request in µs."""
    return sum(one.server_cpu for one in stretches) / sum(len(one.latencies) for one in stretches) * 1e6


def main() -> int:
    """Print the table; 1 when the goal is missed."""
    folder = targets.fresh_folder("enforcement")
    target = targets.skyglobe(folder, Path(sys.executable).parent)  # this checkout, not compiled
    target.start()
    try:
        stretches = asyncio.run(measure(target))
    finally:
        target.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for name, found in stretches.items():
        rate = statistics.median(one.rate for one in found)
        print(f"{name:6} {rate:8,.0f} requests a second, {cpu_us(found):6.1f} µs of the server's CPU each")
    pairs = zip(stretches["user"], stretches["root"], strict=True)
    lost = (1 - statistics.median(user.rate / root.rate for user, root in pairs)) * 100
    print(f"enforcement lowers the rate by {lost:.1f} % (goal: {GOAL_PERCENT:.0f} % at most)")
    return 1 if lost > GOAL_PERCENT else 0


if __name__ == "__main__":
    sys.exit(main())
