"""One question to a language model in the worker process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: `grammar` is GBNF or None; `choice` says that the schema has branches at its top; `sure` asks for a
    confidence, which costs some per cent of the speed of a small model; `adapters` is [[path, SHA-256, scale], ...].

    The first `fixed` messages are the workflow's own; `cache` says where what they cost may be kept: {folder, bytes,
    worth_s, model (SHA-256)}.
    """

    messages: Sequence[Mapping[str, str]]
    grammar: str | None = None
    choice: bool = False
    sure: bool = True
    max_tokens: int = 512
    temperature: float = 0.0
    seed: int = 0
    adapters: Sequence[tuple[str, str, float]] = ()
    fixed: int = 0
    cache: Mapping[str, Any] | None = None
