"""Identifiers: pure functions of what they name, so that the core can make them without clock or chance."""

from __future__ import annotations

import hashlib
from typing import NewType

RunId = NewType("RunId", str)
QuestionId = NewType("QuestionId", str)
Visit = tuple[int, ...]
"""Round numbers of the enclosing loops, outermost first; () outside every loop."""

_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford: no i, l, o, u


def _base32(value: int, length: int) -> str:
    digits = []
    for _ in range(length):
        value, digit = divmod(value, 32)
        digits.append(_BASE32[digit])
    return "".join(reversed(digits))


def run_id(now: float, chance: bytes) -> RunId:
    """A run id that sorts by time: 9 characters of seconds/32nds since 1970, 7 of chance (>= 5 bytes)."""
    return RunId(_base32(int(now * 32), 9) + _base32(int.from_bytes(chance[:5], "big"), 7))


def digest(*parts: object, length: int = 16) -> str:
    """A stable hash of the parts as lower-case base-32 text (5 bits a character)."""
    raw = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return _base32(int.from_bytes(raw[:20], "big"), length)


def child_run_id(parent: str, node: str, visit: Visit, index: int) -> RunId:
    """The id of a child run: derived, so that a crash cannot start the same child twice."""
    return RunId(parent[:9] + digest(parent, node, visit_text(visit), index, length=11))


def question_id(run: str, node: str, visit: Visit, key: str, number: int) -> QuestionId:
    """The id of a question, short enough to type."""
    return QuestionId("q" + digest(run, node, visit_text(visit), key, number, length=8))


def idempotency_key(run: str, node: str, visit: Visit, key: str, generation: int) -> str:
    """What a tool may use to recognise a repeated request (SEMANTICS §2)."""
    return "sb-" + digest(run, node, visit_text(visit), key, generation, length=24)


def visit_text(visit: Visit) -> str:
    """`(2, 1)` as "2.1"; `()` as ""."""
    return ".".join(map(str, visit))


def step_text(node: str, visit: Visit) -> str:
    """A step's name for people and command lines: `check`, `check[2.1]`."""
    return f"{node}[{visit_text(visit)}]" if visit else node


def fraction(*parts: object) -> float:
    """A number in [0, 1) that depends only on the parts: jitter without chance."""
    raw = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return int.from_bytes(raw[:7], "big") / float(1 << 56)
