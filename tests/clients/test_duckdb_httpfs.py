"""DuckDB's httpfs reads and writes tables in buckets: by ranges, by globs, by partitions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.conftest import Server

duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed: pip install 'skyglobe[select]'")
httpfs = pytest.importorskip(
    "duckdb_extension_httpfs", reason="its httpfs is not installed: pip install 'skyglobe[clients]'"
)


@pytest.fixture
def database(server: Server):
    """A connection with httpfs, whose signature DuckDB checks, pointed at the cloud."""
    extension = next(Path(httpfs.__file__).parent.rglob("httpfs.duckdb_extension"))
    made = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    made.execute(f"LOAD '{extension}'")
    host = server.endpoint.removeprefix("http://")
    made.execute(
        "CREATE SECRET (TYPE s3, KEY_ID 'test', SECRET 'test', REGION 'us-east-1', "
        f"ENDPOINT '{host}', URL_STYLE 'path', USE_SSL false)"
    )
    yield made
    made.close()


def test_tables_are_written_and_read(server: Server, database):
    server.client("s3").create_bucket(Bucket="duck")
    rows = "SELECT range AS id, 'tree ' || range AS name, range % 7 AS kind FROM range(300000)"
    database.execute(f"COPY ({rows}) TO 's3://duck/trees.parquet' (FORMAT parquet)")
    count = database.execute("SELECT count(*), sum(id) FROM 's3://duck/trees.parquet' WHERE kind = 3").fetchone()
    expected = [number for number in range(300_000) if number % 7 == 3]
    assert count == (len(expected), sum(expected))
    assert database.execute("SELECT name FROM 's3://duck/trees.parquet' LIMIT 1 OFFSET 299999").fetchone() == (
        "tree 299999",
    )

    database.execute(f"COPY ({rows}) TO 's3://duck/parts' (FORMAT parquet, PARTITION_BY (kind))")
    found = database.execute(
        "SELECT count(DISTINCT filename), count(*) FROM read_parquet('s3://duck/parts/*/*.parquet', filename = true)"
    ).fetchone()
    assert found == (7, 300_000)
    one = database.execute(
        "SELECT count(*) FROM read_parquet('s3://duck/parts/**/*.parquet') WHERE kind = 3"
    ).fetchone()
    assert one == (len(expected),)
    database.execute(f"COPY ({rows} LIMIT 10) TO 's3://duck/few rows.csv' (HEADER)")
    assert database.execute("SELECT max(id) FROM read_csv('s3://duck/few rows.csv')").fetchone() == (9,)
    with pytest.raises(duckdb.HTTPException, match="404"):
        database.execute("SELECT * FROM 's3://duck/none.parquet'")
