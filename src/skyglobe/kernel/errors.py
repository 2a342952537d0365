"""The exception that means "AWS would answer this with an error", and the one of bytes that were altered."""

from __future__ import annotations

from typing import Any


class ServiceError(Exception):
    """An error as an AWS client sees it. Rendered by the protocol serializers, never by services.

    ``code`` is what boto3 shows in ``e.response["Error"]["Code"]``; ``fields`` are the further members of the
    error's shape (``{"BucketName": …}``); ``headers`` go out with the response.
    """

    code: str = "InternalFailure"
    status: int = 400

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        status: int | None = None,
        fields: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        if status is not None:
            self.status = status
        self.fields = fields or {}
        self.headers = headers or {}

    @property
    def is_sender_fault(self) -> bool:
        """Whether the client is to blame (``Sender`` in the query protocols' ``Type`` element)."""
        return self.status < 500

    def __repr__(self) -> str:
        return f"{self.code}({self.status}): {self.message}"


class Damaged(OSError):
    """Encrypted bytes are not what was written, or another key wrote them."""
