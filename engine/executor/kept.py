"""What a step or an effect may hand to the journal: JSON of a bounded size, or the engine could not write it down."""

from __future__ import annotations

from typing import Any

from engine import masks
from engine.errors import Refused, StepError
from engine.workflow.values import check_value


def check_said(what: str, value: Any) -> None:
    """StepError `schema` for something a step wants to ask or to say that is not JSON."""
    try:
        check_value(value)
    except Refused as refused:
        raise StepError("schema", f"{what} cannot be kept: {refused.what}", retryable=False) from None


def fit(error: StepError) -> StepError:
    """The error with a message and a detail that can be written down, whatever text, or secret, it quotes."""
    error.message = masks.clean(error.message.encode("utf-8", "replace").decode())
    error.detail = masks.clean(error.detail)
    try:
        check_value(error.detail)
    except Refused:
        error.detail = None
    return error


def check_kept(value: Any, max_bytes: int, *, happened: bool = False) -> None:
    """StepError `schema` for a value that is not JSON, `limit` for one that is too large.

    `happened`: the world has been changed by then, whatever becomes of the result.
    """
    try:
        check_value(value)
    except Refused as refused:
        why = f"The result cannot be kept: {refused.what}"
        raise StepError("schema", why, retryable=False, outcome_unknown=happened) from None
    if len(repr(value)) > max_bytes:
        why = f"The result is larger than {max_bytes} bytes, which is the most that is kept (`max_value_bytes`)."
        raise StepError("limit", why, retryable=False, outcome_unknown=happened)
