"""The AWS CLI on tables: requests from files, pages put together, PartiQL, binaries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.clients.conftest import Server

SCHEMA = {
    "TableName": "music",
    "KeySchema": [{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "song", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "artist", "AttributeType": "S"},
        {"AttributeName": "song", "AttributeType": "S"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


def test_the_cli_fills_reads_and_changes_a_table_from_files(server: Server, tmp_path: Path):
    def file(name: str, content: Any) -> str:
        place = tmp_path / name
        place.write_text(json.dumps(content))
        return f"file://{place}"

    def dynamodb(*words: str) -> Any:
        answer = server.run("aws", "--endpoint-url", server.endpoint, "--output", "json", "dynamodb", *words)
        return json.loads(answer) if answer.strip() else {}

    dynamodb("create-table", "--cli-input-json", file("table.json", SCHEMA))
    songs = [
        {
            "artist": {"S": "ann"},
            "song": {"S": f"song {number:02}"},
            "year": {"N": str(1990 + number)},
            "cover": {"B": "AP8="},
        }
        for number in range(25)
    ]
    batch = {"music": [{"PutRequest": {"Item": song}} for song in songs]}
    left = dynamodb("batch-write-item", "--request-items", file("batch.json", batch))
    assert left == {"UnprocessedItems": {}}

    names, values = file("names.json", {"#y": "year"}), file("values.json", {":y": {"N": "2009"}})
    filtered = ("--expression-attribute-names", names, "--expression-attribute-values", values)
    found = dynamodb("scan", "--table-name", "music", "--filter-expression", "#y > :y", *filtered, "--page-size", "4")
    assert [item["song"]["S"] for item in found["Items"]] == [f"song {number}" for number in range(20, 25)]
    assert (found["Count"], found["ScannedCount"]) == (5, 25)
    queried = ("query", "--table-name", "music", "--key-condition-expression", "artist = :a AND song >= :s")
    wanted = file("wanted.json", {":a": {"S": "ann"}, ":s": {"S": "song 20"}})
    first = dynamodb(*queried, "--expression-attribute-values", wanted, "--max-items", "3", "--no-scan-index-forward")
    assert [item["song"]["S"] for item in first["Items"]] == ["song 24", "song 23", "song 22"]
    more = (*queried, "--expression-attribute-values", wanted, "--starting-token", first["NextToken"])
    rest = dynamodb(*more, "--no-scan-index-forward")
    assert [item["song"]["S"] for item in rest["Items"]] == ["song 21", "song 20"]

    key = file("key.json", {"artist": {"S": "ann"}, "song": {"S": "song 03"}})
    updated = dynamodb(
        *("update-item", "--table-name", "music", "--key", key, "--update-expression", "SET #y = #y + :y"),
        *(*filtered, "--condition-expression", "attribute_exists(cover)", "--return-values", "UPDATED_NEW"),
    )
    assert updated == {"Attributes": {"year": {"N": "4002"}}}
    statement = 'SELECT song, cover FROM music WHERE artist = ? AND "year" = ?'
    parameters = json.dumps([{"S": "ann"}, {"N": "4002"}])
    told = dynamodb("execute-statement", "--statement", statement, "--parameters", parameters)
    # The CLI's first version takes the text of binaries as their bytes.
    assert told["Items"] == [{"song": {"S": "song 03"}, "cover": {"B": "QVA4PQ=="}}]
