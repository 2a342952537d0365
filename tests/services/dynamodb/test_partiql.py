"""PartiQL: the same data by statements."""

import pytest

from tests.services.dynamodb.conftest import index, plain, wire


@pytest.fixture
def run(dynamodb):
    """Carry out one statement and return its items."""

    def execute(statement, *parameters, **more):
        if parameters:
            more["Parameters"] = list(wire(dict(enumerate(parameters))).values())
        answer = dynamodb.execute_statement(Statement=statement, **more)
        return [plain(item) for item in answer["Items"]]

    return execute


@pytest.fixture
def songs(make_table):
    table = make_table(
        "artist:S",
        "year:N",
        name="songs",
        attributes=["label:S"],
        GlobalSecondaryIndexes=[index("labels", "label", "year")],
    )
    for year in range(2000, 2010):
        table.put(
            {"artist": "ann", "year": year, "label": "x" if year % 2 else "y", "tags": {"a"}, "n": {"m": [1, year]}}
        )
    table.put({"artist": "bob", "year": 2000, "title": "it's"})
    return table


@pytest.mark.spec("DDB-030")
def test_a_select_reads_partitions_indexes_and_tables(run, songs):
    assert [song["year"] for song in run("SELECT * FROM songs WHERE artist = 'ann'")] == list(range(2000, 2010))
    assert run('SELECT "year" FROM "songs" WHERE artist = ? AND "year" >= ? ORDER BY "year" DESC', "ann", 2008) == [
        {"year": 2009},
        {"year": 2008},
    ]
    assert len(run("SELECT * FROM songs.labels WHERE label = 'x' AND \"year\" BETWEEN 2001 AND 2005")) == 3
    assert run("select title from songs where title = 'it''s'") == [{"title": "it's"}]
    assert run("SELECT n.m[1] FROM songs WHERE artist = 'ann' AND \"year\" = 2001") == [{"n": {"m": [2001]}}]
    assert len(run("SELECT * FROM songs WHERE label IN ['x', 'z'] OR title IS NOT MISSING")) == 6
    assert len(run("SELECT * FROM songs WHERE contains(tags, 'a') AND NOT (\"year\" < 2005)")) == 5
    assert len(run("SELECT * FROM songs WHERE begins_with(artist, 'b') AND size(title) = 4")) == 1


@pytest.mark.spec("DBD-013")
def test_there_are_no_joins_and_no_aggregates(dynamodb, songs, refused):
    assert dynamodb.execute_statement(Statement='SELECT * FROM "songs" WHERE artist = ?', Parameters=[{"S": "ann"}])[
        "Items"
    ]
    for statement in (
        "SELECT * FROM songs JOIN albums ON songs.artist = albums.artist",
        "SELECT * FROM songs, albums",
        "SELECT COUNT(*) FROM songs",
        "SELECT artist FROM songs GROUP BY artist",
    ):
        assert refused(dynamodb.execute_statement, Statement=statement)[:2] == ("ValidationException", 400), statement


@pytest.mark.spec("DDB-030")
def test_statements_write_items(run, songs, refused):
    statement = "INSERT INTO songs VALUE {'artist': ?, 'year': 1, 'l': [1, {'k': null}], 's': <<'a', 'b'>>, 'f': false}"
    assert run(statement, "new") == []
    item = {"artist": "new", "year": 1, "l": [1, {"k": None}], "s": {"a", "b"}, "f": False}
    assert songs.get({"artist": "new", "year": 1}) == item
    text = "Duplicate primary key exists in table"
    assert refused(run, statement, "new") == ("DuplicateItemException", 400, text)
    key = "WHERE artist = 'new' AND \"year\" = 1"
    changed = run(f"UPDATE songs SET l[0] = 5 SET t = 'x' REMOVE f {key} RETURNING ALL NEW *")
    assert changed == [{"artist": "new", "year": 1, "l": [5, {"k": None}], "s": {"a", "b"}, "t": "x"}]
    assert run(f"UPDATE songs SET l[0] = l[0] + 2 {key} RETURNING MODIFIED OLD *") == [{"l": [5]}]
    run(f"UPDATE songs SET s = set_add(s, <<'c'>>) {key}")
    run(f"UPDATE songs SET s = set_delete(s, <<'a'>>) {key}")
    assert songs.get({"artist": "new", "year": 1})["s"] == {"b", "c"}
    assert refused(run, f"UPDATE songs SET t = 'y' {key} AND t = 'other'")[0] == "ConditionalCheckFailedException"
    missing = "UPDATE songs SET t = 'y' WHERE artist = 'none' AND \"year\" = 1"
    assert refused(run, missing)[0] == "ConditionalCheckFailedException"
    (gone,) = run(f"DELETE FROM songs {key} RETURNING ALL OLD *")
    assert gone["t"] == "x"
    assert run(f"DELETE FROM songs {key} RETURNING ALL OLD *") == []


@pytest.mark.spec("DDB-030")
def test_a_select_comes_in_pages(dynamodb, songs):
    found, more, pages = [], {}, 0
    while True:
        answer = dynamodb.execute_statement(Statement="SELECT * FROM songs", Limit=4, **more)
        found += answer["Items"]
        pages += 1
        if "NextToken" not in answer:
            break
        more["NextToken"] = answer["NextToken"]
    assert (len(found), pages) == (11, 3)


@pytest.mark.spec("DDB-030")
def test_a_transaction_of_statements_is_atomic(dynamodb, songs):
    insert = {"Statement": "INSERT INTO songs VALUE {'artist': 'x', 'year': 1}"}
    update = {"Statement": "UPDATE songs SET title = 'new' WHERE artist = 'bob' AND \"year\" = 2000"}
    check = {"Statement": "EXISTS(SELECT * FROM songs WHERE artist = 'ann' AND \"year\" = 2000 AND label = 'y')"}
    dynamodb.execute_transaction(TransactStatements=[insert, update, check])
    assert songs.get({"artist": "bob", "year": 2000})["title"] == "new"
    other = {"Statement": "INSERT INTO songs VALUE {'artist': 'y', 'year': 1}"}
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as caught:
        dynamodb.execute_transaction(TransactStatements=[other, insert])
    assert [reason["Code"] for reason in caught.value.response["CancellationReasons"]] == ["None", "DuplicateItem"]
    assert songs.get({"artist": "y", "year": 1}) is None
    selects = [
        {"Statement": 'SELECT title FROM songs WHERE artist = ? AND "year" = 2000', "Parameters": [{"S": "bob"}]},
        {"Statement": "SELECT * FROM songs WHERE artist = 'none' AND \"year\" = 1"},
    ]
    answer = dynamodb.execute_transaction(TransactStatements=selects)
    assert answer["Responses"] == [{"Item": {"title": {"S": "new"}}}, {}]


def test_a_batch_of_statements_tells_of_each(dynamodb, songs):
    statements = [
        {"Statement": "INSERT INTO songs VALUE {'artist': 'x', 'year': 1}"},
        {"Statement": "INSERT INTO songs VALUE {'artist': 'bob', 'year': 2000}"},
        {"Statement": "nonsense"},
        {"Statement": "INSERT INTO nowhere VALUE {'a': 1}"},
    ]
    answers = dynamodb.batch_execute_statement(Statements=statements)["Responses"]
    codes = [answer.get("Error", {}).get("Code") for answer in answers]
    assert codes == [None, "DuplicateItem", "ValidationError", "ResourceNotFound"]
    assert songs.get({"artist": "x", "year": 1}) is not None


BAD = [
    "SELECT",
    "SELECT * FROM",
    "SELECT * FROM songs WHERE",
    "SELECT * FROM songs WHERE artist =",
    "SELECT * FROM songs WHERE artist",
    "SELECT * FROM songs WHERE artist = 'open",
    "SELECT * FROM songs LIMIT 5",
    "SELECT * songs",
    "SELECT * FROM songs.none WHERE label = 'x'",
    'SELECT * FROM songs ORDER BY "year"',
    "SELECT * FROM songs WHERE artist = ?",
    "INSERT INTO songs VALUE",
    "INSERT INTO songs VALUE 5",
    "INSERT INTO songs VALUE {'artist': 'a'}",
    "INSERT INTO songs VALUE {'artist': 1, 'year': 1}",
    "INSERT INTO songs VALUE {'artist': 'a', 'artist': 'b', 'year': 1}",
    "INSERT INTO songs VALUE {'artist': 'a', 'year': 1, 's': <<>>}",
    "INSERT INTO songs VALUE {'artist': 'a', 'year': 1, 's': <<'a', 1>>}",
    "UPDATE songs WHERE artist = 'a'",
    "UPDATE songs SET x = 1",
    "UPDATE songs SET x = 1 WHERE artist = 'a'",
    "UPDATE songs SET artist = 'b' WHERE artist = 'a' AND \"year\" = 1",
    "UPDATE songs SET x = 1 WHERE artist = 'ann' AND \"year\" = 2000 RETURNING EVERYTHING",
    "DELETE FROM songs",
    "DELETE FROM songs WHERE artist = 'a'",
    "DELETE FROM songs WHERE artist = 'a' AND \"year\" > 1",
    "EXISTS(SELECT * FROM songs WHERE artist = 'a' AND \"year\" = 1)",
    "DROP TABLE songs",
    "SELECT * FROM songs WHERE " + "(" * 100 + "artist = 'a'" + ")" * 100,
    "SELECT * FROM songs WHERE artist = 'a'; DELETE FROM songs",
]


@pytest.mark.parametrize("statement", BAD)
def test_a_statement_that_is_none_is_refused(run, songs, refused, statement):
    assert refused(run, statement)[:2] == ("ValidationException", 400)
    assert len(songs.items()) == 11


def test_statements_need_their_own_permissions(cloud, songs, refused):
    import json

    iam = cloud.client("iam")
    iam.create_user(UserName="ann")
    allow = {"Effect": "Allow", "Action": "dynamodb:PartiQLSelect", "Resource": songs.arn}
    scans = {"Bool": {"dynamodb:FullTableScan": "true"}}
    deny = {"Effect": "Deny", "Action": "dynamodb:PartiQLSelect", "Resource": songs.arn, "Condition": scans}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]})
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=policy)
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    session = cloud.session()
    session._session.set_credentials(key["AccessKeyId"], key["SecretAccessKey"])
    client = session.client("dynamodb")
    client.execute_statement(Statement="SELECT * FROM songs WHERE artist = 'ann'")
    for statement in ("SELECT * FROM songs", "DELETE FROM songs WHERE artist = 'ann' AND \"year\" = 2000"):
        assert refused(client.execute_statement, Statement=statement)[0] == "AccessDeniedException"
