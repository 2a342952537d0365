"""What a SelectObjectContent asks for, checked. S3 API reference, SelectObjectContent, "Special errors"."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.s3 import s3

MAX_EXPRESSION_BYTES = 256 * 1024  # API reference, SelectObjectContent; "ExpressionTooLong"

Form = Literal["CSV", "JSON", "Parquet"]


class Selection(NamedTuple):
    """One query: of what form the object is, and of what form the answer."""

    expression: str
    form: Form
    compression: str
    reading: dict[str, Any]
    """The input's own element, such as ``CSV``."""
    answer: Literal["CSV", "JSON"]
    writing: dict[str, Any]
    tells_progress: bool
    start: int | None
    """First byte of the scan range."""
    end: int | None
    """Last byte of the scan range; without a start, how many bytes from the object's end."""
    is_of_archive: bool = False
    """Whether it is about an archived object: with another name for it, and without aggregates and LIMIT."""

    @property
    def has_range(self) -> bool:
        return self.start is not None or self.end is not None


def selection_of(request: dict[str, Any]) -> Selection:
    """Return the query of a request. Raises S3's errors for what it does not take."""
    expression = request.get("Expression") or ""
    if not expression or "InputSerialization" not in request or "OutputSerialization" not in request:
        text = "The SelectRequest entity is missing a required parameter. Check the service documentation "
        text += "and try again."
        raise s3.error("MissingRequiredParameter", text)
    if request.get("ExpressionType") != "SQL":
        raise s3.error("InvalidExpressionType", "The ExpressionType is invalid. Only SQL expressions are supported.")
    if len(expression.encode("utf-8", "surrogatepass")) > MAX_EXPRESSION_BYTES:
        raise too_long(MAX_EXPRESSION_BYTES)
    given, wanted = request["InputSerialization"], request["OutputSerialization"]
    forms: list[Form] = [form for form in ("CSV", "JSON", "Parquet") if form in given]
    answers = [answer for answer in ("CSV", "JSON") if answer in wanted]
    if len(forms) != 1 or len(answers) != 1:
        text = "The SelectRequest entity can only contain one of CSV, JSON or Parquet."
        raise s3.error("ObjectSerializationConflict", text)
    form = forms[0]
    scan = request.get("ScanRange") or {}
    made = Selection(
        expression,
        form,
        given.get("CompressionType") or "NONE",
        given[form] or {},
        "CSV" if answers[0] == "CSV" else "JSON",
        wanted[answers[0]] or {},
        bool((request.get("RequestProgress") or {}).get("Enabled")),
        scan.get("Start"),
        scan.get("End"),
    )
    _check(made)
    return made


def _check(made: Selection) -> None:
    if made.compression not in ("NONE", "GZIP", "BZIP2"):
        text = "The file is not in a supported compression format. Only GZIP and BZIP2 are supported."
        raise s3.error("InvalidCompressionFormat", text)
    if made.form == "Parquet" and made.compression != "NONE":
        raise invalid_parameter()
    if made.form == "CSV":
        _check_csv(made)
    if made.form == "JSON" and made.reading.get("Type") not in ("DOCUMENT", "LINES"):
        text = "The JsonType is invalid. Only DOCUMENT and LINES are supported."
        raise s3.error("InvalidJsonType", text)
    if made.answer == "CSV" and made.writing.get("QuoteFields", "ASNEEDED") not in ("ALWAYS", "ASNEEDED"):
        text = "The QuoteFields is invalid. Only ALWAYS and ASNEEDED are supported."
        raise s3.error("InvalidQuoteFields", text)
    if made.has_range:
        _check_range(made)


def _check_csv(made: Selection) -> None:
    if made.reading.get("FileHeaderInfo", "NONE") not in ("USE", "IGNORE", "NONE"):
        text = "The FileHeaderInfo is invalid. Only NONE, USE, and IGNORE are supported."
        raise s3.error("InvalidFileHeaderInfo", text)
    for name in ("QuoteEscapeCharacter", "QuoteCharacter", "Comments", "FieldDelimiter"):
        if len(made.reading.get(name, "")) > 1:
            raise invalid_parameter()
    if made.reading.get("RecordDelimiter", "\n") not in ("\n", "\r\n", "\r"):
        raise s3.error("NotImplemented", "Record delimiters other than line ends are not built yet.", status=501)


def _check_range(made: Selection) -> None:
    low = made.start or 0
    high = made.end if made.end is not None else low
    if low < 0 or high < low:
        raise s3.error("InvalidScanRange", "The provided scan range is not valid.")
    lines = made.form == "CSV" or (made.form == "JSON" and made.reading.get("Type") == "LINES")
    if not lines or made.compression != "NONE" or made.reading.get("AllowQuotedRecordDelimiter"):
        text = "Scan range queries are not supported on this type of object."
        raise s3.error("UnsupportedScanRangeInput", text)


def too_long(limit: int) -> ServiceError:
    text = "The SQL expression is too long: The maximum byte-length for the SQL expression is"
    return s3.error("ExpressionTooLong", f"{text} {limit // 1024} KB.")


def invalid_parameter() -> ServiceError:
    text = "The value of a parameter in SelectRequest element is invalid. Check the service API documentation "
    text += "and try again."
    return s3.error("InvalidRequestParameter", text)
