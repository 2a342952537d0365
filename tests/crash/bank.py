"""What is killed: a cloud whose accounts pay each other in transactions, as fast as they can.

Run as ``python bank.py FOLDER``. For each line on standard input it forks a child that works until it is killed; the
child's lines on standard output are its process id, then the number of each transfer it was told is done.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path
from typing import Any

from skyglobe.assembly import Cloud
from skyglobe.kernel.config import Config
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.principals import root_of

ACCOUNTS = 100
BALANCE = 1000
WORKERS = 6
OWNER, REGION = "000000000000", "us-east-1"


async def invoke(cloud: Cloud, operation: str, **params: Any) -> Any:
    return await cloud.kernel.invoke(root_of(OWNER), OWNER, REGION, "dynamodb", operation, params)


def key(number: int) -> dict[str, Any]:
    return {"pk": {"S": f"account {number}"}}


async def open_accounts(cloud: Cloud) -> None:
    """Make the table with its accounts and an index over them, unless it is there."""
    if (await invoke(cloud, "ListTables"))["TableNames"]:
        return
    await invoke(
        cloud,
        "CreateTable",
        TableName="bank",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "branch", "AttributeType": "S"},
            {"AttributeName": "balance", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": "branches",
                "KeySchema": [
                    {"AttributeName": "branch", "KeyType": "HASH"},
                    {"AttributeName": "balance", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    puts = [
        {
            "Put": {
                "TableName": "bank",
                "Item": {**key(number), "branch": {"S": str(number % 5)}, "balance": {"N": str(BALANCE)}},
            }
        }
        for number in range(ACCOUNTS)
    ]
    await invoke(cloud, "TransactWriteItems", TransactItems=puts)


async def transfer(cloud: Cloud, random_: random.Random) -> bool:
    """Pay some amount from one account to another if the one has it."""
    payer, payee = random_.sample(range(ACCOUNTS), 2)
    amount = {":n": {"N": str(random_.randrange(1, 400))}}
    update = {"TableName": "bank", "ExpressionAttributeValues": amount}
    try:
        await invoke(
            cloud,
            "TransactWriteItems",
            TransactItems=[
                {
                    "Update": {
                        **update,
                        "Key": key(payer),
                        "UpdateExpression": "SET balance = balance - :n",
                        "ConditionExpression": "balance >= :n",
                    }
                },
                {"Update": {**update, "Key": key(payee), "UpdateExpression": "SET balance = balance + :n"}},
            ],
        )
    except ServiceError as error:
        if error.code != "TransactionCanceledException":
            raise
        return False
    return True


async def work(cloud: Cloud, random_: random.Random) -> None:
    while True:
        if await transfer(cloud, random_):
            os.write(1, b"paid\n")


async def run(folder: Path, seed: int) -> None:
    cloud = Cloud(Config(folder=folder))
    await cloud.start()
    await open_accounts(cloud)
    random_ = random.Random(seed)
    await asyncio.gather(*(work(cloud, random_) for _ in range(WORKERS)))


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.write(1, f"{os.getpid()}\n".encode())
            asyncio.run(run(Path(sys.argv[1]), int(line)))
        os.waitpid(child, 0)
        os.write(1, b"gone\n")


if __name__ == "__main__":
    main()
