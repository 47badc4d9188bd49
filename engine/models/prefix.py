"""The beginning of a prompt that is the workflow's own, in the worker process: found, taken from disk, or kept."""

from __future__ import annotations

import ctypes
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from engine.errors import StepError
from engine.models.asks import Ask
from engine.models.prefix_cache import PrefixCache
from engine.models.slots import Slot, common

_PROBES = ("A", "\u4e00")
"""Two messages that share nothing: what both prompts begin with comes from the fixed messages alone."""
_MEMO = 16


class Model(Protocol):
    """What is used of a loaded model."""

    native: Any
    context: Any
    memory: Any
    n_ctx: int
    slots: list[Slot]

    def tokens(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """The token ids of a conversation."""
        ...


class Prefix:
    """What one loaded model keeps of its fixed beginnings. Used by the thread that owns the model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._probed: dict[str, tuple[list[int], ...]] = {}
        self._waiting: tuple[PrefixCache, list[int], bytes] | None = None

    def length(self, ask: Ask, prompt: Sequence[int]) -> int:
        """Tokens at the beginning of the prompt that come from its fixed messages and from nothing else."""
        if not 0 < ask.fixed < len(ask.messages):
            return 0
        head = [dict(message) for message in ask.messages[: ask.fixed]]
        key = json.dumps(head, sort_keys=True)
        if key not in self._probed:
            if len(self._probed) >= _MEMO:
                self._probed.clear()
            self._probed[key] = tuple(self._probe(head, text) for text in _PROBES)
        one, other = self._probed[key]
        return min(common(one, other), common(one, prompt), len(prompt) - 1)

    def _probe(self, head: list[dict[str, str]], text: str) -> list[int]:
        try:
            return self._model.tokens([*head, {"role": "user", "content": text}])
        except StepError:
            return []  # a template that wants something else after them

    def restore(self, slot: Slot, fixed: Sequence[int], ask: Ask) -> int:
        """Put what is on disk of these tokens into the slot, where that is more than it holds: how many there were."""
        cache = self._cache(ask)
        if cache is None or len(slot.kept) >= len(fixed):
            return 0
        found = cache.find(fixed, len(slot.kept), len(fixed))
        if found is None:
            return 0
        count, memory = found
        model, native = self._model, self._model.native
        native.llama_memory_seq_rm(model.memory, slot.sequence, -1, -1)
        slot.kept.clear()
        raw = (ctypes.c_uint8 * len(memory)).from_buffer_copy(memory)
        if native.llama_state_seq_set_data(model.context, raw, len(memory), slot.sequence) != len(memory):
            native.llama_memory_seq_rm(model.memory, slot.sequence, -1, -1)
            cache.drop(fixed[:count])
            return 0
        slot.kept += fixed[:count]
        return count

    def evaluated(self, slot: Slot, new: int, seconds: float, ask: Ask) -> None:
        """The slot holds the fixed tokens and nothing else now: take a copy where evaluating them all costs enough."""
        cache = self._cache(ask)
        if cache is None or ask.cache is None or not new:
            return
        if seconds / new * len(slot.kept) < ask.cache["worth_s"] or cache.has(slot.kept):
            return
        model, native = self._model, self._model.native
        size = native.llama_state_seq_get_size(model.context, slot.sequence)
        if not 0 < size <= cache.room:
            return
        raw = (ctypes.c_uint8 * size)()
        if native.llama_state_seq_get_data(model.context, raw, size, slot.sequence) == size:
            self._waiting = (cache, list(slot.kept), bytes(raw))

    @property
    def waits(self) -> bool:
        """Whether `keep` has something to do."""
        return self._waiting is not None

    def keep(self) -> None:
        """Write what waits; called when the answer is out."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            cache, tokens, memory = waiting
            cache.put(tokens, memory)

    def _cache(self, ask: Ask) -> PrefixCache | None:
        if not ask.cache or ask.cache["bytes"] <= 0:
            return None
        import llama_cpp

        model = self._model
        parts: list[Any] = [
            *(ask.cache["model"], [list(one[1:]) for one in ask.adapters], model.n_ctx, len(model.slots)),
            *(llama_cpp.__version__, model.native.llama_print_system_info().decode("utf-8", "replace")),
        ]
        base = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        return PrefixCache(Path(ask.cache["folder"]), base, int(ask.cache["bytes"]))
