"""Which evaluated tokens to keep: several conversations share a model, and each should find its own again.

A slot is one sequence in the context's memory. A prompt that goes on from what a slot holds is given that slot;
another one replaces the conversation that was asked longest ago, and still keeps what they have in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

MOST = 4
MEMORY = 512 * 1024 * 1024
"""Bytes that all slots of a model may take together; a model whose context is larger has one."""
_SMALL_PART = 8
Adapters = tuple[tuple[str, float], ...]
"""SHA-256 and scale of each."""


@dataclass(slots=True)
class Slot:
    """A sequence's number, the tokens in its memory, when it was used last, and the adapters that evaluated them."""

    sequence: int
    kept: list[int] = field(default_factory=list)
    used: int = 0
    adapters: Adapters = ()


def slot_count(bytes_each: int) -> int:
    """How many slots a model gets."""
    return max(1, min(MOST, MEMORY // max(bytes_each, 1)))


def choose(slots: Sequence[Slot], prompt: Sequence[int], adapters: Adapters = ()) -> tuple[Slot, int]:
    """The slot for a prompt, and how many of its tokens are there already; other adapters' tokens are other tokens."""
    shared = [(common(slot.kept, prompt) if slot.adapters == adapters else 0, slot) for slot in slots]
    going_on = [(length, slot) for length, slot in shared if length and _goes_on(slot.kept, prompt, length)]
    if going_on:
        length, slot = max(going_on, key=lambda pair: (pair[0], pair[1].used))
    else:
        length, slot = min(shared, key=lambda pair: pair[1].used)
    return slot, length


def _goes_on(kept: Sequence[int], prompt: Sequence[int], length: int) -> bool:
    """Whether the prompt goes on from what the slot holds, or asks again what it holds.

    A model's own words may be split otherwise when they come back, so a loss that is small beside the rest is taken.
    """
    return len(kept) - length <= max(_SMALL_PART, length // _SMALL_PART) or length >= len(prompt) - 1


def common(kept: Sequence[int], prompt: Sequence[int]) -> int:
    """Tokens that both begin with."""
    for index, (one, other) in enumerate(zip(kept, prompt, strict=False)):
        if one != other:
            return index
    return min(len(kept), len(prompt))
