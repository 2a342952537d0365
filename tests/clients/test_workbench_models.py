"""A data model as NoSQL Workbench exports it: its tables made, its sample data written, and the model made again."""

from __future__ import annotations

from typing import Any

from tests.clients.conftest import Server

MODEL = {
    "ModelName": "Bookshop",
    "ModelMetadata": {
        "Author": "a bookseller",
        "DateCreated": "Jan 12, 2026, 10:14 AM",
        "DateLastModified": "Jan 12, 2026, 10:17 AM",
        "Description": "",
        "AWSService": "Amazon DynamoDB",
        "Version": "3.0",
    },
    "DataModel": [
        {
            "TableName": "Books",
            "KeyAttributes": {
                "PartitionKey": {"AttributeName": "author", "AttributeType": "S"},
                "SortKey": {"AttributeName": "year", "AttributeType": "N"},
            },
            "NonKeyAttributes": [
                {"AttributeName": "genre", "AttributeType": "S"},
                {"AttributeName": "rating", "AttributeType": "N"},
                {"AttributeName": "tags", "AttributeType": "SS"},
                {"AttributeName": "cover", "AttributeType": "M"},
            ],
            "TableFacets": [],
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "ByGenre",
                    "KeyAttributes": {
                        "PartitionKey": {"AttributeName": "genre", "AttributeType": "S"},
                        "SortKey": {"AttributeName": "rating", "AttributeType": "N"},
                    },
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["tags"]},
                }
            ],
            "TableData": [
                {
                    "author": {"S": "ann"},
                    "year": {"N": "2001"},
                    "genre": {"S": "crime"},
                    "rating": {"N": "4.5"},
                    "tags": {"SS": ["a", "b"]},
                },
                {"author": {"S": "ann"}, "year": {"N": "2003"}, "cover": {"M": {"color": {"S": "red"}}}},
                {"author": {"S": "bob"}, "year": {"N": "1999"}, "genre": {"S": "crime"}, "rating": {"N": "3"}},
            ],
            "DataAccess": {"MySql": {}},
            "SampleDataFormats": {},
            "BillingMode": "PROVISIONED",
            "ProvisionedCapacitySettings": {
                "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 4},
                "AutoScalingRead": {"ScalableTargetRequest": {"MinCapacity": 1, "MaxCapacity": 10}},
            },
        },
        {
            "TableName": "Shelves",
            "KeyAttributes": {"PartitionKey": {"AttributeName": "id", "AttributeType": "B"}},
            "NonKeyAttributes": [],
            "TableData": [],
            "BillingMode": "PAY_PER_REQUEST",
        },
    ],
}
TYPES = ("PartitionKey", "SortKey")


def key_schema(keys: dict[str, Any]) -> list[dict[str, str]]:
    roles = zip(TYPES, ("HASH", "RANGE"), strict=True)
    return [{"AttributeName": keys[name]["AttributeName"], "KeyType": role} for name, role in roles if name in keys]


def commit(client: Any, model: dict[str, Any]) -> None:
    """Make a model's tables and write their data, as its users' scripts do."""
    for table in model["DataModel"]:
        indexes = table.get("GlobalSecondaryIndexes", [])
        keys = [keys[name] for keys in (part["KeyAttributes"] for part in (table, *indexes)) for name in keys]
        more: dict[str, Any] = {}
        capacity = table.get("ProvisionedCapacitySettings", {}).get("ProvisionedThroughput")
        given = {"ProvisionedThroughput": capacity} if capacity else {}
        if indexes:
            more["GlobalSecondaryIndexes"] = [
                {
                    "IndexName": index["IndexName"],
                    "KeySchema": key_schema(index["KeyAttributes"]),
                    "Projection": index["Projection"],
                    **given,
                }
                for index in indexes
            ]
        client.create_table(
            TableName=table["TableName"],
            KeySchema=key_schema(table["KeyAttributes"]),
            AttributeDefinitions=keys,
            BillingMode=table["BillingMode"],
            **given,
            **more,
        )
        client.get_waiter("table_exists").wait(TableName=table["TableName"])
        puts = [{"PutRequest": {"Item": item}} for item in table["TableData"]]
        if puts:
            assert client.batch_write_item(RequestItems={table["TableName"]: puts})["UnprocessedItems"] == {}


def model_of(client: Any, name: str) -> dict[str, Any]:
    """Return what a table is in a model: its keys, indexes and data."""
    table = client.describe_table(TableName=name)["Table"]
    types = {told["AttributeName"]: told["AttributeType"] for told in table["AttributeDefinitions"]}

    def keys(schema: list[dict[str, str]]) -> dict[str, Any]:
        named = zip(TYPES, (element["AttributeName"] for element in schema), strict=False)
        return {role: {"AttributeName": one, "AttributeType": types[one]} for role, one in named}

    return {
        "KeyAttributes": keys(table["KeySchema"]),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index["IndexName"],
                "KeyAttributes": keys(index["KeySchema"]),
                "Projection": index["Projection"],
            }
            for index in table.get("GlobalSecondaryIndexes", [])
        ],
        "TableData": client.scan(TableName=name)["Items"],
        "BillingMode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
    }


def test_a_model_is_committed_and_comes_back_the_same(server: Server):
    client = server.client("dynamodb")
    commit(client, MODEL)

    def shown(table: dict[str, Any]) -> Any:
        data = sorted(table["TableData"], key=str)
        return table["KeyAttributes"], table.get("GlobalSecondaryIndexes", []), data, table["BillingMode"]

    for table in MODEL["DataModel"]:
        assert shown(model_of(client, table["TableName"])) == shown(table)  # type: ignore[index]
    crimes = client.query(
        TableName="Books",
        IndexName="ByGenre",
        KeyConditionExpression="genre = :g AND rating > :r",
        ExpressionAttributeValues={":g": {"S": "crime"}, ":r": {"N": "4"}},
    )
    assert [item["tags"]["SS"] for item in crimes["Items"]] == [["a", "b"]]
