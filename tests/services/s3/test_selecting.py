"""SQL over one object: S3 Select."""

import bz2
import gzip
import json

import pytest

pytest.importorskip("duckdb")

PEOPLE = "name,age,town\nAnn,31,Ghent\nBob,29,Riga\nCyd,45,\n"
ROWS = [{"name": "Ann", "age": 31, "tags": ["a"]}, {"name": "Bob", "age": 9, "at": {"town": "Riga"}}]
HEADED = {"CSV": {"FileHeaderInfo": "USE"}}
LINES = {"JSON": {"Type": "LINES"}}


@pytest.fixture
def select(s3, bucket):
    """Return a function that puts a body, queries it and returns the records as text and the other events by name."""

    def run(body, sql, reading, writing=None, **more):
        s3.put_object(Bucket=bucket, Key="o", Body=body)
        answer = s3.select_object_content(
            Bucket=bucket,
            Key="o",
            Expression=sql,
            ExpressionType="SQL",
            InputSerialization=reading,
            OutputSerialization=writing or {"CSV": {}},
            **more,
        )
        records, others = b"", {}
        for event in answer["Payload"]:
            [(name, value)] = event.items()
            if name == "Records":
                records += value["Payload"]
            else:
                others[name] = value
        assert list(others)[-1] == "End"
        return records.decode(), others

    return run


@pytest.mark.spec("S3SEL-001", "S3SEL-002", "S3SEL-003")
def test_rows_and_columns_are_chosen_on_the_server(select):
    text, events = select(PEOPLE, "SELECT s.name FROM S3Object s WHERE s.age > '30'", HEADED)
    assert text == "Ann\nCyd\n"
    stats = events["Stats"]["Details"]
    assert stats == {"BytesScanned": len(PEOPLE), "BytesProcessed": len(PEOPLE), "BytesReturned": 8}
    assert select(PEOPLE, "SELECT * FROM s3object s WHERE s.age > '30'", HEADED)[0] == "Ann,31,Ghent\nCyd,45,\n"
    assert select(PEOPLE, "select _1, _3 from S3Object limit 2", {"CSV": {}})[0] == "name,town\nAnn,Ghent\n"
    ignored = {"CSV": {"FileHeaderInfo": "IGNORE"}}
    assert select(PEOPLE, "SELECT s._2 FROM S3Object[*] s WHERE s._3 = ''", ignored)[0] == "45\n"


@pytest.mark.spec("S3SEL-006")
def test_each_form_of_the_same_rows_gives_the_same_answer(select, tmp_path):
    import duckdb

    sql = "SELECT s.name FROM S3Object s WHERE CAST(s.age AS INT) > 30"
    path = tmp_path / "p.parquet"
    rows = "(VALUES ('Ann', 31), ('Bob', 9), ('Cyd', 45)) t(name, age)"
    duckdb.sql(f"COPY (SELECT * FROM {rows}) TO '{path}' (FORMAT parquet)")
    lines = "\n".join(json.dumps({"name": n, "age": a}) for n, a in (("Ann", 31), ("Bob", 9), ("Cyd", 45)))
    document = "[" + ",".join(lines.split("\n")) + "]"
    inputs = [
        (PEOPLE, HEADED),
        (gzip.compress(PEOPLE.encode()), {**HEADED, "CompressionType": "GZIP"}),
        (bz2.compress(PEOPLE.encode()), {**HEADED, "CompressionType": "BZIP2"}),
        (lines, LINES),
        (gzip.compress(lines.encode()), {**LINES, "CompressionType": "GZIP"}),
        (document, {"JSON": {"Type": "DOCUMENT"}}),
        (path.read_bytes(), {"Parquet": {}}),
    ]
    assert {select(body, sql, reading)[0] for body, reading in inputs} == {"Ann\nCyd\n"}


@pytest.mark.spec("S3SEL-006")
def test_what_cannot_be_read_is_refused(select, refused):
    with refused("InvalidCompressionFormat"):
        select(PEOPLE, "SELECT * FROM S3Object", {**HEADED, "CompressionType": "GZIP"})
    with refused("InvalidCompressionFormat"):
        select(PEOPLE, "SELECT * FROM S3Object", {**HEADED, "CompressionType": "ZIP"})
    with refused("InvalidRequestParameter"):
        select(b"PAR1", "SELECT * FROM S3Object", {"Parquet": {}, "CompressionType": "GZIP"})
    with refused("ParquetParsingError"):
        select(b"no parquet", "SELECT * FROM S3Object", {"Parquet": {}})
    with refused("JSONParsingError"):
        select(b"{]", "SELECT * FROM S3Object", LINES)
    with refused("InvalidFileHeaderInfo"):
        select(PEOPLE, "SELECT * FROM S3Object", {"CSV": {"FileHeaderInfo": "SOMETIMES"}})
    with refused("ObjectSerializationConflict"):
        select(PEOPLE, "SELECT * FROM S3Object", {**HEADED, **LINES})


@pytest.mark.spec("S3SEL-007")
def test_results_come_as_events(select):
    body = "".join(f"{number},{'x' * 90}\n" for number in range(20_000))
    text, events = select(body, "SELECT * FROM S3Object", {"CSV": {}}, RequestProgress={"Enabled": True})
    assert text == body
    assert list(events) == ["Progress", "Stats", "End"]
    assert events["Progress"]["Details"]["BytesReturned"] == len(body)


@pytest.mark.spec("S3SEL-008")
@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT FROM S3Object", "ParseUnexpectedToken"),
        ("SELECT * FROM S3Object; SELECT 1", "ParseUnexpectedToken"),
        ("DROP TABLE S3Object", "UnsupportedSyntax"),
        ("SELECT * FROM read_csv('/etc/passwd')", "UnsupportedSyntax"),
        ("SELECT * FROM duckdb_settings", "UnsupportedSyntax"),
        ("SELECT * FROM S3Object s, S3Object t", "UnsupportedSyntax"),
        ("SELECT * FROM S3Object s ORDER BY s.name", "UnsupportedSyntax"),
        ("SELECT s.name FROM S3Object s GROUP BY s.name", "UnsupportedSyntax"),
        ("SELECT (SELECT 1) FROM S3Object s", "UnsupportedSyntax"),
        ("SELECT getenv('HOME') FROM S3Object s", "UnsupportedFunction"),
        ("SELECT *, s.name FROM S3Object s", "ParseAsteriskIsNotAloneInSelectList"),
        ("SELECT s.nothing FROM S3Object s", "EvaluatorBindingDoesNotExist"),
        ("SELECT CAST(s.name AS INT) FROM S3Object s", "CastFailed"),
    ],
)
def test_sql_that_is_none_or_more_than_s3_knows_is_refused(select, refused, sql, code):
    with refused(code):
        select(PEOPLE, sql, HEADED)


@pytest.mark.spec("S3SEL-009")
def test_a_scan_range_chooses_the_records_that_begin_in_it(select, refused):
    body = "aa\nbb\ncc\ndd\n"

    def scan(**scan_range):
        return select(body, "SELECT * FROM S3Object", {"CSV": {}}, ScanRange=scan_range)[0]

    assert scan(Start=0, End=3) == "aa\nbb\n"
    assert scan(Start=1, End=6) == "bb\ncc\n"
    assert scan(Start=4) == "cc\ndd\n"
    assert scan(End=3) == "dd\n"
    ranged = select(PEOPLE, "SELECT s.name FROM S3Object s", HEADED, ScanRange={"Start": 20})
    assert ranged[0] == "Bob\nCyd\n"
    with refused("InvalidScanRange"):
        scan(Start=5, End=2)
    with refused("UnsupportedScanRangeInput"):
        select("{}", "SELECT * FROM S3Object", {"JSON": {"Type": "DOCUMENT"}}, ScanRange={"Start": 0, "End": 9})


@pytest.mark.spec("S3SEL-010")
@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("COUNT(*)", "3"),
        ("SUM(CAST(s.age AS INT))", "105"),
        ("MIN(CAST(s.age AS INT)), MAX(s.name)", "29,Cyd"),
        ("AVG(CAST(s.age AS FLOAT))", "35.0"),
        ("COUNT(s.name)", "3"),
    ],
)
def test_aggregates_are_exact(select, what, expected):
    assert select(PEOPLE, f"SELECT {what} FROM S3Object s", HEADED)[0] == f"{expected}\n"


@pytest.mark.spec("S3SEL-010")
@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("s.name LIKE 'A%'", "Ann"),
        ("s.name IN ('Bob', 'Eve')", "Bob"),
        ("CAST(s.age AS INT) BETWEEN 40 AND 50", "Cyd"),
        ("COALESCE(NULLIF(s.town, ''), 'none') = 'none'", "Cyd"),
        ("CHAR_LENGTH(s.town) = 4", "Bob"),
        ("UPPER(SUBSTRING(s.name, 1, 1)) = 'A' AND NOT s.town = 'Riga'", "Ann"),
        ("CASE s.name WHEN 'Bob' THEN 'x' ELSE 'y' END = 'x'", "Bob"),
    ],
)
def test_conditions_and_functions_are_exact(select, where, expected):
    assert select(PEOPLE, f"SELECT s.name FROM S3Object s WHERE {where} LIMIT 5", HEADED)[0] == f"{expected}\n"


def test_answers_are_written_as_asked(select):
    body = "\n".join(map(json.dumps, ROWS))
    answer = {"JSON": {"RecordDelimiter": ";"}}
    text, _ = select(body, "SELECT s.name, s.at.town, s.age + 1, s.tags AS t FROM S3Object s", LINES, answer)
    first, second, _ = text.split(";")
    assert json.loads(first) == {"name": "Ann", "_3": 32, "t": ["a"]}
    assert json.loads(second) == {"name": "Bob", "town": "Riga", "_3": 10}
    assert json.loads(select(body, "SELECT * FROM S3Object s LIMIT 1", LINES, {"JSON": {}})[0]) == ROWS[0]
    written = {"CSV": {"QuoteFields": "ALWAYS", "FieldDelimiter": "|", "RecordDelimiter": ";"}}
    assert select(PEOPLE, "SELECT s.name, s.age FROM S3Object s LIMIT 1", HEADED, written)[0] == '"Ann"|"31";'
    odd = 'a;"b;""c"\n#no\nd;e\n'
    assert (
        select(odd, "SELECT _2 FROM S3Object", {"CSV": {"FieldDelimiter": ";", "Comments": "#"}})[0] == '"b;""c"\ne\n'
    )


RULES = (
    '{"Rules": [{"id": "1"}, {"expr": "y > x"}, {"id": "2", "expr": "z = DEBUG"}]}\n'
    '{"created": "June 27", "modified": "July 6"}\n'
)
FILES = '{"dir_name": "docs", "files": [{"name": "."}, {"name": "my stuff"}], "owner": null, "size": 1.50}\n'


@pytest.mark.parametrize(
    ("body", "sql", "expected"),
    [
        (RULES, "SELECT id FROM S3Object[*].Rules[*].id", '{"id":"1"}\n{}\n{"id":"2"}\n{}\n'),
        (RULES, "SELECT id FROM S3Object[*].Rules[*].id WHERE id IS NOT MISSING", '{"id":"1"}\n{"id":"2"}\n'),
        (RULES, "SELECT r.expr FROM S3Object[*].Rules[*] r WHERE r.id IS MISSING", '{"expr":"y > x"}\n{}\n'),
        (RULES, "SELECT COUNT(r.id) AS n, MAX(r.id) FROM S3Object[*].Rules[*] AS r", '{"n":2,"_2":"2"}\n'),
        (FILES, "SELECT d.files, d.size FROM S3Object d", '{"files":[{"name":"."},{"name":"my stuff"}],"size":1.50}\n'),
        (FILES, "SELECT _1.dir_name, _1.owner FROM S3Object[*]", '{"dir_name":"docs","owner":null}\n'),
        (FILES, "SELECT s.files[1].name FROM S3Object s", '{"name":"my stuff"}\n'),
        (FILES, "SELECT name FROM S3Object[*].files[0].name", '{"name":"."}\n'),
        (FILES, "SELECT _1.name FROM S3Object[*]['files'][*] LIMIT 1", '{"name":"."}\n'),
        (FILES, "SELECT * FROM S3Object[*].* v WHERE v = 'docs' OR v IS NULL", '{"_1":"docs"}\n{"_1":null}\n'),
    ],
)  # fmt: skip
def test_documents_are_entered_along_paths(select, body, sql, expected):
    assert select(body, sql, LINES, {"JSON": {}})[0] == expected


def test_values_of_documents_are_answered_as_they_are(select, refused):
    rows = [
        '{"a":1,"t":"2020-01-01T00:00:00Z"}',
        '{"a":"x","n":null}',
        '{"a":{"b":[1,1e3]}}',
        '{"a":12345678901234567890}',
    ]
    body = "\n".join(rows) + "\n"
    assert select(body, "SELECT * FROM S3Object", LINES, {"JSON": {}})[0] == body.replace("1e3", "1000.0")
    assert select(body, "SELECT s.a FROM S3Object s WHERE s.a = 1 OR s.a = 'x'", LINES)[0] == "1\nx\n"
    assert select(body, "SELECT s.a FROM S3Object s WHERE s.n IS NULL AND s.n IS NOT MISSING", LINES)[0] == "x\n"
    assert select(body, "SELECT COALESCE(s.n, s.t) FROM S3Object s LIMIT 1", LINES)[0] == "2020-01-01T00:00:00Z\n"
    with refused("AmbiguousFieldName"):
        select('{"NAME":1,"Name":2}', "SELECT s.name FROM S3Object s", LINES)
    with refused("UnsupportedSyntax"):
        select(body, "SELECT * FROM S3Object.a", LINES)
    with refused("UnsupportedSyntax"):
        select(PEOPLE, "SELECT * FROM S3Object[*].a", HEADED)
    with refused("JSONParsingError"):
        select('{"a":1}\n{"a"', "SELECT s.a FROM S3Object s", LINES)
    with refused("OverMaxRecordSize"):
        select(f'{{"a":"{"x" * 1_048_577}"}}', "SELECT s.a FROM S3Object s", LINES)


@pytest.mark.spec("S3SEL-010")
@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("EXTRACT(YEAR FROM CAST(s._1 AS TIMESTAMP))", "2017"),
        ("EXTRACT(TIMEZONE_HOUR FROM TO_TIMESTAMP(s._2))", "7"),
        ("DATE_ADD(month, 1, TO_TIMESTAMP(s._1))", "2017-02-28"),
        ("DATE_DIFF(day, TO_TIMESTAMP(s._1), TO_TIMESTAMP(s._2))", "4"),
        ("TO_STRING(TO_TIMESTAMP(s._2), 'MMMM d, y h:mm a')", '"February 5, 2017 3:04 AM"'),
        ("CAST(s._2 AS TIMESTAMP) = `2017-02-04T19:56:08Z`", "true"),
        ("CASE WHEN CAST(s._1 AS TIMESTAMP) < UTCNOW() THEN 'past' ELSE 'to come' END", "past"),
        ("s._3 IS MISSING", "false"),
    ],
)
def test_time_is_reckoned_with(select, what, expected):
    body = "2017-01-31,2017-02-05T03:04:08+07:08,x\n"
    assert select(body, f"SELECT {what} FROM S3Object s", {"CSV": {}})[0] == f"{expected}\n"


def test_time_that_is_none_is_refused(select, refused):
    for sql, code in (
        ("SELECT CAST(s.name AS TIMESTAMP) FROM S3Object s", "CastFailed"),
        ("SELECT DATE_ADD(week, 1, UTCNOW()) FROM S3Object s", "ParseExpectedDatePart"),
        ("SELECT EXTRACT(week FROM UTCNOW()) FROM S3Object s", "EvaluatorInvalidArguments"),
        ("SELECT TO_STRING(UTCNOW(), 'Q') FROM S3Object s", "EvaluatorInvalidArguments"),
        ("SELECT s.nothing FROM S3Object s WHERE UTCNOW() IS NOT NULL", "EvaluatorBindingDoesNotExist"),
        ("SELECT DATE_PART(s.name, UTCNOW()) FROM S3Object s", "ParseExpectedDatePart"),
        ("SELECT DATE_ADD(year, 99999, UTCNOW()) FROM S3Object s", "EvaluatorInvalidArguments"),
        ("SELECT DATE_ADD(year, s.name, UTCNOW()) FROM S3Object s", "EvaluatorInvalidArguments"),
    ):
        with refused(code):
            select(PEOPLE, sql, HEADED)
