"""What the engine and a model process say to each other: one JSON object a line, each with the request's `id`.

To the worker: `load` (first, once), `ask`, `infer`, `cancel`. From the worker: `{"id", "delta": text}` while an answer
grows, then exactly one `{"id", "ok": …}` or `{"id", "error": {class, message, retryable}}`. End of input ends it.
"""

from __future__ import annotations

import json
from typing import Any

from engine.errors import ERROR_CLASSES, StepError

VERSION = 1
MAX_LINE = 256 * 1024 * 1024
NO_MEMORY = "not enough memory"
"""In the message of every failure that is one of memory, wherever it was noticed."""
DELTA_S = 0.02
"""New text is sent at most this often."""


def encode(message: dict[str, Any]) -> bytes:
    """One line. ValueError for NaN and infinities; TypeError for what is not JSON."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode() + b"\n"


def error(fault: StepError) -> dict[str, Any]:
    """A failed attempt as data."""
    return {"class": fault.cls, "message": fault.message, "retryable": fault.retryable}


def raised(data: Any) -> StepError:
    """The failed attempt that `error` described."""
    cls = data.get("class") if isinstance(data, dict) else None
    if cls not in ERROR_CLASSES:
        return StepError("server", "The model process answered in a way that is not understood.")
    return StepError(cls, str(data.get("message")), retryable=data.get("retryable"))
