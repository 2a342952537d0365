"""Databases, tables and their versions."""

import pytest

from tests.services.glue.conftest import columns


@pytest.mark.spec("GLU-010")
def test_a_table_goes_through_versions(catalog, glue, refused):
    glue.create_table(DatabaseName="Sales", TableInput={"Name": "Orders", "Description": "first", "Owner": "ann"})
    table = catalog.table("ORDERS")
    assert (table["Name"], table["DatabaseName"], table["VersionId"]) == ("orders", "sales", "0")
    assert table["CatalogId"] == "000000000000"
    assert table["CreatedBy"].endswith(":root")
    for text in ("second", "third"):
        glue.update_table(DatabaseName="sales", TableInput={"Name": "orders", "Description": text})
    glue.update_table(DatabaseName="sales", TableInput={"Name": "orders", "Description": "4th"}, SkipArchive=True)
    assert catalog.table() == catalog.table() | {"Description": "4th", "VersionId": "3"}
    assert "Owner" not in catalog.table()
    pages = glue.get_paginator("get_table_versions").paginate(
        DatabaseName="sales", TableName="orders", PaginationConfig={"PageSize": 1}
    )
    found = [(one["VersionId"], one["Table"]["Description"]) for page in pages for one in page["TableVersions"]]
    assert found == [("3", "4th"), ("1", "second"), ("0", "first")]
    of = {"DatabaseName": "sales", "TableName": "orders"}
    assert glue.get_table_version(**of, VersionId="1")["TableVersion"]["Table"]["Description"] == "second"
    assert glue.get_table_version(**of)["TableVersion"]["VersionId"] == "3"
    assert refused(glue.get_table_version, **of, VersionId="2")[0] == "EntityNotFoundException"
    assert refused(glue.get_table_version, **of, VersionId="x")[0] == "InvalidInputException"
    glue.delete_table_version(**of, VersionId="0")
    errors = glue.batch_delete_table_version(**of, VersionIds=["0", "1", "3"])["Errors"]
    assert [(one["VersionId"], one["ErrorDetail"]["ErrorCode"]) for one in errors] == [
        ("0", "EntityNotFoundException"),
        ("3", "InvalidInputException"),
    ]


def test_an_update_of_another_version_is_refused(catalog, glue, refused):
    catalog.make_table()
    asked = {"DatabaseName": "sales", "TableInput": {"Name": "orders"}, "VersionId": "0"}
    glue.update_table(**asked)
    assert refused(glue.update_table, **asked)[0] == "ConcurrentModificationException"


@pytest.mark.spec("GLU-010")
def test_what_is_not_there_or_there_already_is_told(catalog, glue, refused):
    catalog.make_table()
    assert refused(glue.create_database, DatabaseInput={"Name": "SALES"}) == (
        "AlreadyExistsException",
        400,
        "Database already exists.",
    )
    assert refused(glue.create_table, DatabaseName="sales", TableInput={"Name": "orders"}) == (
        "AlreadyExistsException",
        400,
        "Table already exists.",
    )
    assert refused(glue.get_database, Name="none") == ("EntityNotFoundException", 400, "Database none not found.")
    assert refused(glue.get_table, DatabaseName="sales", Name="x") == (
        "EntityNotFoundException",
        400,
        "Table x not found.",
    )
    assert refused(glue.create_table, DatabaseName="none", TableInput={"Name": "t"})[0] == "EntityNotFoundException"
    assert refused(glue.create_database, DatabaseInput={"Name": ""})[0] == "InvalidInputException"
    twice = {"Name": "t", "PartitionKeys": columns("a int", "A string")}
    assert refused(glue.create_table, DatabaseName="sales", TableInput=twice)[0] == "InvalidInputException"
    changed = {"Name": "others"}
    assert refused(glue.update_database, Name="sales", DatabaseInput=changed)[0] == "InvalidInputException"
    link = {"Name": "l", "TargetTable": {"DatabaseName": "sales", "Name": "orders"}}
    assert refused(glue.create_table, DatabaseName="sales", TableInput=link)[0] == "NotImplemented"


def test_databases_are_listed_changed_and_deleted_with_what_is_in_them(cloud, catalog, glue, refused):
    for name in ("b", "a", "c"):
        glue.create_database(DatabaseInput={"Name": name})
    page = glue.get_databases(MaxResults=3)
    assert [one["Name"] for one in page["DatabaseList"]] == ["a", "b", "c"]
    rest = glue.get_databases(MaxResults=3, NextToken=page["NextToken"])
    assert [one["Name"] for one in rest["DatabaseList"]] == ["sales"]
    assert refused(glue.get_databases, NextToken="forged")[0] == "InvalidInputException"
    glue.update_database(Name="sales", DatabaseInput={"Name": "sales", "Description": "d", "Parameters": {"k": "v"}})
    database = glue.get_database(Name="sales")["Database"]
    assert (database["Description"], database["Parameters"]) == ("d", {"k": "v"})
    catalog.make_table(keys=["dt string"])
    catalog.add(["2024"])
    glue.delete_database(Name="sales")
    cloud.turn(1)
    glue.create_database(DatabaseInput={"Name": "sales"})
    assert glue.get_tables(DatabaseName="sales")["TableList"] == []
    catalog.make_table(keys=["dt string"])
    assert catalog.find() == []


def test_tables_are_found_by_patterns_of_their_names(catalog, glue, refused):
    for name in ("orders", "orders_old", "returns"):
        catalog.make_table(name)

    def names(expression):
        return [one["Name"] for one in glue.get_tables(DatabaseName="sales", Expression=expression)["TableList"]]

    assert names("orders") == ["orders"]
    assert names("*der*|*turn*") == ["orders", "orders_old", "returns"]
    assert names("orders.*") == ["orders", "orders_old"]
    assert names("(orders|returns)") == ["orders", "returns"]
    assert names("(o+)+x" * 20) == []
    assert refused(glue.get_tables, DatabaseName="sales", Expression="(")[0] == "InvalidInputException"
    brief = glue.get_tables(DatabaseName="sales", AttributesToGet=["NAME"])["TableList"]
    assert "StorageDescriptor" not in brief[0]
    errors = glue.batch_delete_table(DatabaseName="sales", TablesToDelete=["orders", "none"])["Errors"]
    assert [one["TableName"] for one in errors] == ["none"]
    glue.delete_table(DatabaseName="sales", Name="returns")
    assert names("") == ["orders_old"]


def test_tables_are_searched_for_by_texts_and_fields(catalog, glue, refused):
    catalog.make_table("orders", Description="What customers bought", Parameters={"classification": "json"})
    catalog.make_table("returns", Description="What customers sent back", Owner="ann")

    def found(**asked):
        return [one["Name"] for one in glue.search_tables(**asked)["TableList"]]

    assert found(SearchText="customers sent") == ["returns"]
    assert found(SearchText='"json"') == ["orders"]
    assert found(Filters=[{"Key": "classification", "Value": "json"}]) == ["orders"]
    assert found(Filters=[{"Key": "Owner", "Value": "ann"}]) == ["returns"]
    assert found(SortCriteria=[{"FieldName": "Name", "Sort": "DESC"}]) == ["returns", "orders"]
    later = [{"Key": "CreateTime", "Comparator": "GREATER_THAN", "Value": "4000000000"}]
    assert found(Filters=later) == []
    page = glue.search_tables(MaxResults=1)
    assert found(MaxResults=1, NextToken=page["NextToken"]) == ["returns"]
    assert refused(glue.search_tables, Filters=[{"Key": "CreateTime", "Value": "x"}])[0] == "InvalidInputException"


@pytest.mark.spec("GLU-010")
def test_connections_are_kept_without_showing_passwords_where_that_is_asked(glue, refused):
    properties = {"JDBC_CONNECTION_URL": "jdbc:postgresql://db:5432/x", "USERNAME": "ann", "PASSWORD": "secret"}
    given = {"Name": "Db", "ConnectionType": "JDBC", "ConnectionProperties": properties, "MatchCriteria": ["red"]}
    assert glue.create_connection(ConnectionInput=given, Tags={"k": "v"})["CreateConnectionStatus"] == "READY"
    network = {"Name": "net", "ConnectionType": "NETWORK", "ConnectionProperties": {}}
    glue.create_connection(ConnectionInput=network)
    assert refused(glue.create_connection, ConnectionInput=given)[0] == "AlreadyExistsException"
    assert glue.get_connection(Name="Db")["Connection"]["ConnectionProperties"] == properties
    hidden = glue.get_connection(Name="Db", HidePassword=True)["Connection"]
    assert set(hidden["ConnectionProperties"]) == {"JDBC_CONNECTION_URL", "USERNAME"}
    assert (hidden["Status"], hidden["LastUpdatedBy"]) == ("READY", "arn:aws:iam::000000000000:root")

    def names(**chosen):
        return [one["Name"] for one in glue.get_connections(Filter=chosen)["ConnectionList"]]

    assert (names(), names(ConnectionType="NETWORK"), names(MatchCriteria=["red"])) == (["Db", "net"], ["net"], ["Db"])
    glue.update_connection(Name="Db", ConnectionInput=given | {"Description": "d", "MatchCriteria": []})
    assert (names(MatchCriteria=["red"]), glue.get_connection(Name="Db")["Connection"]["Description"]) == ([], "d")
    arn = "arn:aws:glue:us-east-1:000000000000:connection/Db"
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"k": "v"}
    slack = {"Name": "s", "ConnectionType": "SLACK", "ConnectionProperties": {}}
    assert refused(glue.create_connection, ConnectionInput=slack)[0] == "NotImplemented"
    glue.delete_connection(ConnectionName="Db")
    assert refused(glue.get_connection, Name="Db")[0] == "EntityNotFoundException"
    gone = glue.batch_delete_connection(ConnectionNameList=["net", "none"])
    assert (gone["Succeeded"], list(gone["Errors"])) == (["net"], ["none"])
