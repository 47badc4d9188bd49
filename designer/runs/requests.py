"""What the run views ask for: plain values that `EngineLink.continue_run` and its kin take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ContinueRequest:
    """Go on after an ended run in a new one: `start` and what follows it run again, the rest is reused.

    `set` gives values to ports ("step.port"), `inputs` to the run's own inputs; `start` None reuses all that succeeded.
    """

    run: str
    start: str | None = None
    set: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    start_over: bool = False

    @property
    def payload(self) -> dict[str, Any]:
        """The payload of the request `continue`."""
        found: dict[str, Any] = {"run": self.run}
        for name in ("start", "set", "inputs", "start_over"):
            value = getattr(self, name)
            if value:
                found[name] = value
        return found
