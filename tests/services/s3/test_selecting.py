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
