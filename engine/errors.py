"""Errors by whose turn it is: the person's (`Refused`), the run's (`StepError`), ours (`Bug`)."""

from __future__ import annotations

from typing import Literal, get_args

ErrorClass = Literal[
    "timeout",  # took longer than allowed; a world effect may have happened
    "connection",  # could not reach, or was cut off
    "rate_limit",  # told to come back later
    "server",  # the other side failed (HTTP 5xx, a crashed model worker)
    "schema",  # data of the wrong shape: a model's answer, a tool's arguments, rendered params
    "expression",  # a {{ }} could not be evaluated
    "invalid",  # the other side says that the request is wrong (HTTP 4xx, SQL error)
    "not_found",  # a file, row, tool, model or workflow that is not there
    "permission",  # not allowed to
    "limit",  # a loop, budget, hand-off or size limit was reached
    "merge",  # a merge cannot be satisfied
    "deadline",  # a deadline passed with `on_deadline: fail`
    "drift",  # a replayed step asked for something else than it did before
    "interrupted",  # the engine died during the step too often
    "stopped",  # a person or a stop node ended it
    "unsure",  # a model answered under its confidence threshold
    "child",  # a child run failed
    "no_space",  # the disk is full
    "internal",  # a fault of this program
]
ERROR_CLASSES: tuple[str, ...] = get_args(ErrorClass)

TRANSIENT: frozenset[str] = frozenset({"timeout", "connection", "rate_limit", "server", "schema"})
"""Classes that `policy.retry_on` holds when the author says nothing."""


class SignalboxError(Exception):
    """Base of every error that this program raises on purpose."""


class Refused(SignalboxError):
    """The user can act: says what is wrong, where, and what to do, in one sentence each.

    `what` and `remedy` are sentences without a final line break; `where` is a file, a line, a node or "".
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        place = f"{where}: " if where else ""
        super().__init__(f"{place}{what}" + (f" {remedy}" if remedy else ""))


class StepError(SignalboxError):
    """An attempt failed: an event, never a dialog.

    `redo_from` is the effect key from which a retry does things again (None: the failed effect, or nothing).
    `retry_after_s` is what the other side asked for (HTTP Retry-After), or None.
    `outcome_unknown` says that a world effect may have happened (a timeout after sending).
    `detail` is JSON for the reader; `effect_key` is the effect that failed, set where effects are recorded.
    """

    def __init__(
        self,
        cls: ErrorClass,
        message: str,
        *,
        retryable: bool | None = None,
        redo_from: str | None = None,
        retry_after_s: float | None = None,
        outcome_unknown: bool = False,
        detail: object = None,
    ) -> None:
        super().__init__(message)
        self.cls: ErrorClass = cls
        self.message = message
        self.retryable = retryable
        self.redo_from = redo_from
        self.retry_after_s = retry_after_s
        self.outcome_unknown = outcome_unknown
        self.detail = detail
        self.effect_key: str | None = None


class Bug(SignalboxError):
    """Ours: an impossible branch was reached."""
