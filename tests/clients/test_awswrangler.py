"""awswrangler writes tables as Parquet files and reads them back, whole, by partition and by column."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.clients.conftest import Server, shared_session


@pytest.fixture
def wrangler(server: Server):
    """Loaded here, not while tests are collected: it brings pandas along."""
    reason = "awswrangler is not installed: pip install 'skyglobe[clients]'"
    wrangler = pytest.importorskip("awswrangler", reason=reason)
    wrangler.config.s3_endpoint_url = wrangler.config.glue_endpoint_url = server.endpoint
    yield wrangler
    wrangler.config.s3_endpoint_url = wrangler.config.glue_endpoint_url = None


def test_a_table_is_written_and_read(server: Server, wrangler):
    import pandas as pd

    session = shared_session()
    server.client("s3").create_bucket(Bucket="tables")
    frame = pd.DataFrame(
        {
            "id": range(1000),
            "name": [f"tree {number}" for number in range(1000)],
            "height": [number / 7 for number in range(1000)],
            "at": [dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=number) for number in range(1000)],
            "kind": ["oak" if number % 3 else "elm" for number in range(1000)],
        }
    )
    written = wrangler.s3.to_parquet(
        frame, path="s3://tables/trees/", dataset=True, partition_cols=["kind"], boto3_session=session
    )
    assert sorted(path.split("/")[4] for path in written["paths"]) == ["kind=elm", "kind=oak"]
    back = wrangler.s3.read_parquet("s3://tables/trees/", dataset=True, boto3_session=session)
    assert back.sort_values("id")["name"].tolist() == frame["name"].tolist()
    assert back["height"].sum() == pytest.approx(frame["height"].sum())
    elms = wrangler.s3.read_parquet(
        "s3://tables/trees/", dataset=True, columns=["id"], boto3_session=session,
        partition_filter=lambda values: values["kind"] == "elm",
    )  # fmt: skip
    assert elms["id"].tolist() == list(range(0, 1000, 3))
    types, partitions = wrangler.s3.read_parquet_metadata("s3://tables/trees/", dataset=True, boto3_session=session)
    assert (types["id"], partitions) == ("bigint", {"kind": "string"})

    wrangler.s3.to_parquet(
        frame.head(3), path="s3://tables/trees/", dataset=True, partition_cols=["kind"],
        mode="overwrite_partitions", boto3_session=session,
    )  # fmt: skip
    assert len(wrangler.s3.read_parquet("s3://tables/trees/", dataset=True, boto3_session=session)) == 3
    wrangler.s3.to_csv(frame.head(10), "s3://tables/trees.csv", index=False, boto3_session=session)
    assert wrangler.s3.read_csv("s3://tables/trees.csv", boto3_session=session)["id"].tolist() == list(range(10))
    assert wrangler.s3.list_directories("s3://tables/trees/", boto3_session=session) == [
        "s3://tables/trees/kind=elm/",
        "s3://tables/trees/kind=oak/",
    ]
    wrangler.s3.delete_objects("s3://tables/", boto3_session=session)
    assert wrangler.s3.list_objects("s3://tables/", boto3_session=session) == []


def test_a_table_of_glues_catalog_is_written_and_read(server: Server, wrangler):
    import pandas as pd

    session = shared_session()
    server.client("s3").create_bucket(Bucket="cataloged")
    catalog = wrangler.catalog
    catalog.create_database("forest", boto3_session=session)
    target = {
        "path": "s3://cataloged/trees/",
        "dataset": True,
        "database": "forest",
        "table": "trees",
        "partition_cols": ["kind", "year"],
        "boto3_session": session,
    }
    frame = pd.DataFrame({"id": [1, 2, 3], "kind": ["oak", "elm", "oak"], "year": [2024, 2024, 2025]})
    wrangler.s3.to_parquet(frame, **target)
    wrangler.s3.to_parquet(pd.DataFrame({"id": [4], "kind": ["ash"], "year": [2026]}), mode="append", **target)
    types = catalog.get_table_types("forest", "trees", boto3_session=session)
    assert types == {"id": "bigint", "kind": "string", "year": "bigint"}
    found = catalog.get_partitions("forest", "trees", expression="year > 2024 AND kind <> 'elm'", boto3_session=session)
    assert sorted(found.values()) == [["ash", "2026"], ["oak", "2025"]]
    named = [table["Name"] for table in catalog.get_tables(database="forest", name_prefix="tre", boto3_session=session)]
    assert named == ["trees"]
    back = wrangler.s3.read_parquet_table(database="forest", table="trees", boto3_session=session)
    assert sorted(back["id"]) == [1, 2, 3, 4]
    assert catalog.delete_table_if_exists("forest", "trees", boto3_session=session)
    catalog.delete_database("forest", boto3_session=session)
