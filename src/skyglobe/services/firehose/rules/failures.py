"""Why something was not delivered, in the words of the developer guide's "Data delivery errors"."""

from __future__ import annotations

from typing import NamedTuple

from skyglobe.kernel.errors import ServiceError


class Failure(NamedTuple):
    """A code and what it means, as logs and error records have them."""

    code: str
    message: str


ACCESS_DENIED = Failure(
    "S3.AccessDenied",
    "Access was denied. Ensure that the trust policy for the provided IAM role allows Firehose to assume the role, and "
    "the access policy allows access to the S3 bucket.",
)
NO_SUCH_BUCKET = Failure(
    "S3.NoSuchBucket",
    "The specified bucket does not exist. Create the bucket or use a different bucket that does exist.",
)
GLUE_DENIED = Failure(
    "DataFormatConversion.AccessDenied",
    "Access was denied when calling Glue. Please ensure that the role specified in the data format conversion "
    "configuration has the necessary permissions.",
)


def failure_at_s3(error: ServiceError) -> Failure:
    """Return what S3's refusal of a delivery is called, or that of the role it was to be made in."""
    if error.status == 403 or error.code.startswith("AccessDenied"):
        return ACCESS_DENIED
    if error.code == "NoSuchBucket":
        return NO_SUCH_BUCKET
    return Failure(f"S3.{error.code}", error.message)


def failure_at_glue(error: ServiceError) -> Failure:
    """Return what is said when a schema cannot be read."""
    if error.status == 403 or error.code.startswith("AccessDenied"):
        return GLUE_DENIED
    return Failure(f"DataFormatConversion.{error.code.removesuffix('Exception')}", error.message)
