"""What is wrong with an expression before it ever runs."""

from __future__ import annotations

from engine.errors import StepError


class ExpressionError(StepError):
    """An expression that cannot be: one sentence, and the offset in the text where it shows.

    It is a StepError, so that a workflow that runs unchecked fails its step.
    """

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__("expression", message, retryable=False)
        self.position = position
