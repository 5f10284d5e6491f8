"""What is not done, and how its sender is told: a status, a sentence, a code.

The shape of the body is OpenAI's, since their library shows `error.message` to its users.
"""

import errno
import os
from typing import Any, Self

_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Refused(Exception):
    """A request that is not done.

    Args:
        status: of HTTP.
        message: one line for whoever sent it.
        code: for programs.
        param: the field that is wrong.
        retry_after_s: when to come again; None = not at all.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.retry_after_s = retry_after_s

    @classmethod
    def bad_request(cls, message: str, *, param: str | None = None) -> Self:
        """It is wrong in itself."""
        return cls(400, message, code="invalid_request", param=param)

    @classmethod
    def not_found(cls, message: str) -> Self:
        """There is no such thing."""
        return cls(404, message, code="not_found")

    @classmethod
    def too_large(cls, most_bytes: int, *, what: str = "the recording") -> Self:
        """It holds more than is taken."""
        return cls(413, f"{what} may have at most {most_bytes:,} bytes", code="too_large")

    @classmethod
    def too_slow(cls) -> Self:
        """Its body does not come."""
        return cls(408, "the upload is too slow, or stands still", code="too_slow")

    @classmethod
    def disk_full(cls) -> Self:
        """There is no room for its recording."""
        return cls(507, "the server's disk is full", code="disk_full")

    @classmethod
    def not_kept(cls, error: OSError) -> Self:
        """Its recording cannot be written down."""
        if error.errno in _DISK_FULL:
            return cls.disk_full()
        reason = os.strerror(error.errno or errno.EIO)
        return cls(500, f"the server cannot keep the recording: {reason}", code="disk_error")

    @classmethod
    def full(cls, retry_after_s: float) -> Self:
        """All places are taken."""
        seconds = min(60, max(1, round(retry_after_s)))
        message = f"every place is taken; try again in {seconds} s"
        return cls(503, message, code="queue_full", retry_after_s=seconds)

    @classmethod
    def going_down(cls) -> Self:
        """The process ends."""
        return cls(503, "the server is going down", code="draining", retry_after_s=10)

    @property
    def headers(self) -> dict[str, str]:
        """Of the answer."""
        headers = {}
        if self.retry_after_s is not None:
            headers["Retry-After"] = str(self.retry_after_s)
        elif self.status >= 500:  # noqa: PLR2004  # what would fail again is not to be tried again
            headers["x-should-retry"] = "false"
        if self.status == 401:  # noqa: PLR2004
            headers["WWW-Authenticate"] = "Bearer"
        return headers

    def to_document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "error": {
                "message": self.message,
                "type": _TYPES.get(self.status, "invalid_request_error"),
                "param": self.param,
                "code": self.code,
            }
        }


_TYPES = {
    401: "authentication_error",
    429: "rate_limit_error",
    500: "server_error",
    501: "server_error",
    503: "server_error",
    507: "server_error",
}
