"""The ways in which a model's turn goes wrong, how often each may, and a model that goes wrong in one of them."""

from __future__ import annotations

import threading
from typing import Any

from tests.models.openai_server import FAULTS, Turn, call

ATTEMPTS, HINTS, TURNS = 3, 1, 4
REFUSED = ("wrong tool name", "missing argument", "wrong type", "bad json", "empty call", "empty answer", "refusal")
FAILED = {
    "timeout": "timeout", "429": "rate_limit", "500": "server", "cut stream": "connection",
    "reset stream": "connection",
}  # fmt: skip
ENDLESS = "endless calls"
NAMES = "abcdefgh"
"""What the calls of a model that calls for ever are about, in order."""
LIMIT = {
    **dict.fromkeys(REFUSED, ATTEMPTS * (HINTS + 1)),
    **dict.fromkeys(FAILED, ATTEMPTS),
    ENDLESS: TURNS,
}
"""How many wrong turns end the agent's step: hints and retries together; the policy's attempts; the most turns."""


class Script:
    """The model: `k` turns of one way of failing, then a call, then the answer. Others than it always answer."""

    def __init__(self, way: str, k: int) -> None:
        self.way, self.k, self.wrong = way, k, 0
        self.lock = threading.Lock()

    def __call__(self, asked: dict[str, Any]) -> Turn:
        if asked["model"] != "scripted":
            return Turn(text=f"{asked['model']} has it")
        results = sum(one["role"] == "tool" and '"hint"' not in one["content"] for one in asked["messages"])
        if self.way == ENDLESS:
            return call("note", name=NAMES[results]) if results < self.k else Turn(text="done")
        with self.lock:
            self.wrong += 1
            if self.wrong <= self.k:
                return FAULTS[self.way]
        return Turn(text="done") if results else call("note", name="a")
