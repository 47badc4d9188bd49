"""One small machine: set-points that can be written, values that follow them, an alarm, and a switch for faults."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Fault = Literal["none", "silent", "late", "ignored", "dropped", "cut"]
FAULTS: tuple[Fault, ...] = ("none", "silent", "late", "ignored", "dropped", "cut")
"""silent: no answer, nothing is written. late: the answer takes `late_s`. ignored: writes are confirmed and not done.

dropped: a write is done, and the connection is cut instead of the answer. cut: the same, and the write is not done.
"""


@dataclass(frozen=True, slots=True)
class Point:
    """One value: where each protocol has it. `scale`: the register times this is the value; two registers are a float.

    `holding`, `input`, `coil` and `discrete` are addresses; a value that can be written has `holding` or `coil`.
    """

    name: str
    start: float
    unit: str = ""
    holding: int | None = None
    input: int | None = None
    coil: int | None = None
    discrete: int | None = None
    scale: float | None = None
    noise: float = 0.0
    follows: str = ""

    @property
    def writable(self) -> bool:
        """Whether a client may change it."""
        return self.holding is not None or self.coil is not None

    @property
    def bit(self) -> bool:
        """Whether it is only on or off."""
        return self.coil is not None or self.discrete is not None


POINTS = (
    Point("speed_set", 1200.0, "rpm", holding=0, scale=1.0),
    Point("temperature_set", 60.0, "degC", holding=1, scale=0.1),
    Point("pressure_set", 4.0, "bar", holding=2, scale=0.01),
    Point("dose_set", 2.5, "l/h", holding=10),
    Point("running", 1.0, coil=0),
    Point("speed", 1200.0, "rpm", input=0, scale=1.0, noise=2.0, follows="speed_set"),
    Point("temperature", 60.0, "degC", input=1, scale=0.1, noise=0.2, follows="temperature_set"),
    Point("pressure", 4.0, "bar", input=2, scale=0.01, noise=0.02, follows="pressure_set"),
    Point("dose", 2.5, "l/h", input=10, noise=0.01, follows="dose_set"),
    Point("alarm", 0.0, discrete=0),
    Point("store_a", 4.6, "degC", input=20, scale=0.1, noise=0.05),
    Point("store_b", 4.4, "degC", input=21, scale=0.1, noise=0.05),
    Point("store_door", 0.0, discrete=1),
)
PRESSURE_LIMIT = 6.0
"""Above this the machine raises its alarm, in bar."""


@dataclass
class Plant:
    """The machine now. `writes` is every write that was done, (name, value, protocol); `seed` fixes the noise."""

    seed: int = 7
    fault: Fault = "none"
    faults_left: int | None = None
    writes_only: bool = False
    late_s: float = 2.0
    writes: list[tuple[str, float, str]] = field(default_factory=list)
    values: dict[str, float] = field(default_factory=dict)
    changed: Callable[[str], None] = lambda name: None

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self.points = {point.name: point for point in POINTS}
        for point in POINTS:
            self.values.setdefault(point.name, point.start)

    def set_fault(self, fault: Fault, times: int | None = None, *, writes_only: bool = False) -> None:
        """From now on, or for so many exchanges; of writes, for the faults that only writes have or with that word."""
        self.fault, self.faults_left, self.writes_only = fault, times, writes_only

    def meets(self, *, write: bool) -> Fault:
        """The fault that this exchange meets; each one counts."""
        if self.fault == "none" or (not write and (self.writes_only or self.fault in ("ignored", "dropped", "cut"))):
            return "none"
        if self.faults_left is not None:
            if self.faults_left <= 0:
                return "none"
            self.faults_left -= 1
        return self.fault

    def read(self, name: str) -> float:
        """The value with its noise."""
        point = self.points[name]
        return self.values[name] + (self._random.uniform(-point.noise, point.noise) if point.noise else 0.0)

    def write(self, name: str, value: float, protocol: str) -> None:
        """A client's write, done."""
        self.values[name] = value
        self.writes.append((name, value, protocol))
        self.changed(name)

    def tick(self, seconds: float) -> None:
        """Let time pass: what follows a set-point goes towards it, and the alarm looks at the pressure."""
        for point in POINTS:
            if point.follows:
                to = self.values[point.follows] if self.values["running"] else 0.0
                self.values[point.name] += (to - self.values[point.name]) * min(1.0, seconds / 3.0)
        self.values["alarm"] = float(self.values["pressure"] > PRESSURE_LIMIT)
