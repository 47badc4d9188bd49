"""Secrets in one call: put in where the tool runs, for the place that the call goes to, and hidden in what comes back.

Only what an author or the settings have written is filled. Text from outside may say `secret://name`, too.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote

from engine import masks
from engine.errors import Refused, StepError

_REFERENCE = re.compile(r"secret://([A-Za-z0-9_.-]+)")


class Keeper(Protocol):
    """Whoever gives a secret's value by its name and the destination that it goes to."""

    @property
    def secret(self) -> Callable[[str, str], str]: ...


class Secrets:
    """The secrets that one call has used."""

    def __init__(self, env: Keeper) -> None:
        self._env = env
        self.used = False

    async def fill(self, text: str, to: str, *, quoted: bool = False) -> str:
        """The text with every `secret://name` replaced by its value, `quoted` as a part of an address.

        `to` is where it goes (`engine.keys.bindings`). StepError `not_found` for an unknown name, `permission` when the
        secret is not for that place or cannot be read now. May wait for the system's keyring.
        """
        names = dict.fromkeys(_REFERENCE.findall(text))
        values = {name: await asyncio.to_thread(self._value, name, to) for name in names}
        if quoted:
            values = {name: quote(value, safe="") for name, value in values.items()}
        return _REFERENCE.sub(lambda match: values[match[1]], text) if values else text

    def hide(self, value: Any) -> Any:
        """The value with every secret masked by its name, in texts and keys at any depth."""
        return masks.clean(value)

    def _value(self, name: str, to: str) -> str:
        try:
            value = self._env.secret(name, to)
        except (KeyError, Refused):
            raise StepError("not_found", f"There is no secret named {name!r} here.", retryable=False) from None
        self.used = True
        masks.hide(value, name)
        return value


def without_references(text: str) -> str:
    """The text with something harmless in the place of every secret, to be read as an address."""
    return _REFERENCE.sub("x", text)


def whole_reference(text: str) -> bool:
    """Whether the text is one secret and nothing else."""
    return _REFERENCE.fullmatch(text) is not None
