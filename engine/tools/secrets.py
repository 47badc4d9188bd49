"""Secrets in one call: put in where the tool runs, taken out of whatever comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol

from engine.errors import Refused, StepError

_REFERENCE = re.compile(r"secret://([A-Za-z0-9_.-]+)")
_WORTH_HIDING = 4  # masking shorter values would riddle every answer with holes


class Keeper(Protocol):
    """Whoever gives a secret's value by name."""

    @property
    def secret(self) -> Callable[[str], str]: ...


class Secrets:
    """The secrets that one call has used."""

    def __init__(self, env: Keeper) -> None:
        self._env = env
        self._used: dict[str, str] = {}

    def fill(self, text: str) -> str:
        """The text with every `secret://name` replaced by its value; StepError `not_found` for an unknown name."""
        return _REFERENCE.sub(lambda match: self._value(match[1]), text)

    @property
    def used(self) -> bool:
        """Whether this call has a secret in it."""
        return bool(self._used)

    def hide(self, value: Any) -> Any:
        """The value with every used secret masked by its name, in texts and keys at any depth."""
        if not self._used:
            return value
        if isinstance(value, str):
            for name, secret in self._used.items():
                if len(secret) >= _WORTH_HIDING:
                    value = value.replace(secret, f"secret://{name}")
            return value
        if isinstance(value, dict):
            return {self.hide(key): self.hide(item) for key, item in value.items()}
        return [self.hide(item) for item in value] if isinstance(value, list) else value

    def _value(self, name: str) -> str:
        if name not in self._used:
            try:
                self._used[name] = self._env.secret(name)
            except (KeyError, Refused):
                raise StepError("not_found", f"There is no secret named {name!r} here.", retryable=False) from None
        return self._used[name]
