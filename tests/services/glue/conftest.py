"""What every story of the Data Catalog needs: a database, a table with partitions, and how calls are refused."""

import pytest
from botocore.config import Config as ClientConfig

ONCE = ClientConfig(retries={"total_max_attempts": 1}, parameter_validation=False)


def columns(*described):
    """``columns("id int", "name string")``, as the API has them."""
    return [dict(zip(("Name", "Type"), one.split(" ", 1), strict=True)) for one in described]


class CatalogInHand:
    """The database ``sales`` and the client that made it."""

    def __init__(self, client):
        self.client = client

    def make_table(self, name="orders", keys=(), **more):
        given = {"Name": name, "PartitionKeys": columns(*keys), "StorageDescriptor": {"Columns": columns("id int")}}
        self.client.create_table(DatabaseName="sales", TableInput=given | more)

    def table(self, name="orders"):
        return self.client.get_table(DatabaseName="sales", Name=name)["Table"]

    def add(self, *partitions, table="orders"):
        given = [{"Values": list(values)} for values in partitions]
        return self.client.batch_create_partition(DatabaseName="sales", TableName=table, PartitionInputList=given).get(
            "Errors", []
        )

    def find(self, expression="", table="orders", **more):
        """The values of the partitions that an expression finds, over all pages."""
        pages = self.client.get_paginator("get_partitions").paginate(
            DatabaseName="sales", TableName=table, Expression=expression, **more
        )
        return [tuple(one["Values"]) for page in pages for one in page["Partitions"]]


@pytest.fixture
def glue(aws):
    return aws.client("glue", config=ONCE)


@pytest.fixture
def catalog(glue):
    glue.create_database(DatabaseInput={"Name": "sales"})
    return CatalogInHand(glue)
