"""What goes wrong with a remote model, as a failed attempt: its class, and how long the other side wants to be left."""

from __future__ import annotations

import email.utils
import re
import time
from typing import Any

from engine import masks
from engine.errors import ErrorClass, StepError

_QUOTED = 300
_LONGEST_WAIT_S = 86_400.0
_LASTING: frozenset[ErrorClass] = frozenset({"permission", "not_found", "invalid", "limit"})


def step_error(fault: Exception, who: str) -> StepError:
    """The failed attempt that an exception of the provider's library stands for; `who` is named in its sentence."""
    cls = _class_of(fault)
    words = {
        "timeout": "did not answer in time",
        "connection": "could not be reached, or its answer broke off",
        "rate_limit": "asks to be left alone for a while",
        "server": "failed",
        "schema": "answered with something that is no answer",
        "permission": "does not accept the key, or refuses",
        "not_found": "is not there",
        "limit": "has reached a limit",
        "invalid": "does not accept the request",
    }.get(cls, "could not be asked")
    said = masks.clean(" ".join(_said(fault).split()))[:_QUOTED].rstrip(". ")
    return StepError(
        cls,
        f"{who} {words}: {said}.",
        retryable=False if cls in _LASTING else None,
        retry_after_s=retry_after(getattr(fault, "headers", None) or _response_headers(fault)),
    )


def _class_of(fault: Exception) -> ErrorClass:
    import httpx2
    from pydantic_ai import exceptions as theirs

    known: tuple[tuple[type[Exception], ErrorClass], ...] = (
        (theirs.ModelTimeoutError, "timeout"),
        (theirs.ModelRequestTimeout, "timeout"),
        (theirs.ModelConnectionError, "connection"),
        (theirs.ModelQuotaExceededError, "limit"),
        (theirs.ModelRateLimitError, "rate_limit"),
        (theirs.ModelUnavailableError, "server"),
        (theirs.ModelServerError, "server"),
        (theirs.ModelAuthenticationError, "permission"),
        (theirs.ModelNotFoundError, "not_found"),
        (theirs.ModelContextWindowExceededError, "limit"),
    )
    for kind, cls in known:
        if isinstance(fault, kind):
            return cls
    status = getattr(fault, "status_code", None) or getattr(fault.__cause__, "status_code", None)
    if isinstance(fault, theirs.ModelAPIError) and isinstance(status, int):
        return _class_of_status(status)
    if isinstance(fault, theirs.ModelRequestRejectedError | theirs.UserError):
        return "invalid"
    if isinstance(fault, theirs.ContentFilterError):
        return "permission"
    if isinstance(fault, theirs.UnexpectedModelBehavior):
        return "schema"
    if isinstance(fault, httpx2.TimeoutException):
        return "timeout"
    if isinstance(fault, theirs.ModelAPIError | httpx2.HTTPError):
        return "connection"
    return "internal"


def _class_of_status(status: int) -> ErrorClass:
    if status == 429:
        return "rate_limit"
    if status >= 500:
        return "server"
    if status == 408:
        return "timeout"
    if status in (401, 403, 407):
        return "permission"
    return "not_found" if status in (404, 410) else "invalid"


def _said(fault: Exception) -> str:
    status = getattr(fault, "status_code", None)
    body = getattr(fault, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else body
    words = inner.get("message", inner) if isinstance(inner, dict) else inner
    text = str(words) if words else str(fault)
    text = re.sub(r"(?s)<[^>]*>", " ", text) if text.lstrip().startswith("<") else text
    return f"{status} {text}" if status else text or type(fault).__name__


def _response_headers(fault: Exception) -> Any:
    return getattr(getattr(fault.__cause__, "response", None), "headers", None)


def retry_after(headers: Any) -> float | None:
    """Seconds from a Retry-After header, a number or a date; None without one that can be read."""
    said = str(headers.get("retry-after", "")).strip() if headers else ""
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", said):
        return min(float(said), _LONGEST_WAIT_S)
    try:
        return min(max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time()), _LONGEST_WAIT_S)
    except (ValueError, OverflowError, TypeError):
        return None
