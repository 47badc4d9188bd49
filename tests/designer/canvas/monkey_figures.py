"""What a walk of the monkey amounted to; kept between the parts of a sweep."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Figures:
    """What a walk amounted to."""

    gestures: Counter[str] = field(default_factory=Counter)
    reported: Counter[str] = field(default_factory=Counter)
    undone: int = 0
    most_nodes: int = 0
    faults: list[str] = field(default_factory=list)
    none_least: int = 0
    """How many references of None were missing after a day, at worst."""
    most_megabytes: int = 0
    seconds: float = 0.0

    @property
    def count(self) -> int:
        """Gestures in all."""
        return sum(self.gestures.values())

    def add(self, other: Figures) -> None:
        """Take another walk in."""
        self.gestures += other.gestures
        self.reported += other.reported
        self.undone += other.undone
        self.most_nodes = max(self.most_nodes, other.most_nodes)
        self.faults += other.faults
        self.none_least = min(self.none_least, other.none_least)
        self.most_megabytes = max(self.most_megabytes, other.most_megabytes)
        self.seconds += other.seconds

    def as_json(self) -> dict[str, Any]:
        """To be kept between parts of a sweep."""
        return dict(vars(self))

    @classmethod
    def of(cls, data: dict[str, Any]) -> Figures:
        """Read again."""
        return cls(**{**data, "gestures": Counter(data["gestures"]), "reported": Counter(data["reported"])})

    def words(self) -> str:
        """All figures."""
        reported = ", ".join(f"{name} {count}" for name, count in self.reported.most_common())
        return (
            f"{self.count} gestures of {len(self.gestures)} kinds, {len(self.faults)} faults; {self.undone} steps "
            f"undone and redone, at most {self.most_nodes} nodes, {self.most_megabytes} MB, references of None at "
            f"worst {self.none_least:+d}, {self.seconds:.0f} s\nreported: {reported}"
        )
