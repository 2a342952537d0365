"""S3 Control's errors that its model has no shapes for, in S3's words."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.s3control import s3control


def no_such_point(name: str) -> ServiceError:
    text = "The specified accesspoint does not exist"
    return s3control.error("NoSuchAccessPoint", text, status=404, AccessPointName=name)


def no_such_policy(name: str) -> ServiceError:
    text = "The specified accesspoint policy does not exist"
    return s3control.error("NoSuchAccessPointPolicy", text, status=404, AccessPointName=name)


def already_owned(name: str) -> ServiceError:
    text = "Your previous request to create the named accesspoint succeeded and you already own it."
    return s3control.error("AccessPointAlreadyOwnedByYou", text, status=409, AccessPointName=name)


def no_such_bucket(name: str) -> ServiceError:
    return s3control.error("NoSuchBucket", "The specified bucket does not exist", status=404, BucketName=name)


def no_such_resource() -> ServiceError:
    return s3control.error("NoSuchResource", "The specified resource doesn't exist.", status=404)


def invalid_request(text: str) -> ServiceError:
    return s3control.error("InvalidRequest", text)


def access_denied() -> ServiceError:
    return s3control.error("AccessDenied", "Access Denied", status=403)


def no_such_multi_region_point(name: str) -> ServiceError:
    text = "The specified Multi-Region Access Point does not exist"
    return s3control.error("NoSuchMultiRegionAccessPoint", text, status=404, MultiRegionAccessPointName=name)


def malformed_policy(reason: str, detail: str = "") -> ServiceError:
    fields = {"Detail": detail} if detail else {}
    return ServiceError(reason, code="MalformedPolicy", fields=fields)
