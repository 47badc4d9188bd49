"""Adapters (LoRA) in the worker process: loaded once, put on the model's context for one request after the other."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.errors import StepError
from engine.models.native import last_errors
from engine.models.slots import Adapters


class Loras:
    """The adapters of one loaded model, by the SHA-256 of their files. They live as long as the model."""

    def __init__(self, native: Any, model: Any) -> None:
        self._native, self._model = native, model
        self._loaded: dict[str, Any] = {}
        self._used: Adapters = ()

    def load(self, wanted: Sequence[tuple[str, str]]) -> bool:
        """Load the files [(path, SHA-256)] that are not there yet; whether there were any. StepError `invalid`."""
        new = False
        for path, sha in wanted:
            if sha not in self._loaded:
                adapter = self._native.llama_adapter_lora_init(self._model, str(path).encode())
                if not adapter:
                    reason = last_errors[-1][:300] if last_errors else "the runtime gives no reason"
                    said = f"The adapter {Path(path).name} cannot be loaded: {reason}."
                    raise StepError("invalid", said, retryable=False)
                self._loaded[sha] = adapter
                new = True
        if new:
            self._used = ()  # a context is made anew, without any
        return new

    def use(self, context: Any, wanted: Adapters) -> None:
        """Have the context compute with exactly these; without any where all scales are 0."""
        live = tuple((sha, scale) for sha, scale in wanted if scale)
        if live == self._used:
            return
        pointers = (self._native.llama_adapter_lora_p_ctypes * max(len(live), 1))(
            *(self._loaded[sha] for sha, _ in live)
        )
        scales = (ctypes.c_float * max(len(live), 1))(*(scale for _, scale in live))
        code = self._native.llama_set_adapters_lora(context, pointers, len(live), scales)
        if code != 0:
            raise StepError("server", f"The adapters cannot be used (code {code}).")
        self._used = live
