"""What is wrong with an expression before it ever runs."""

from __future__ import annotations

from engine.errors import SignalboxError


class ExpressionError(SignalboxError):
    """An expression that cannot be: one sentence, and the offset in the text where it shows."""

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.message, self.position = message, position
