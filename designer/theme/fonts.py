"""Inter and JetBrains Mono, bundled: the same letters on every system."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

from PySide6.QtGui import QFont, QFontDatabase

from designer.resources import path

Role = Literal["body", "strong", "small", "tiny", "title", "heading", "display", "mono", "mono_small"]
_ROLES: Mapping[Role, tuple[int, int]] = {
    "body": (13, 400),
    "strong": (13, 600),
    "small": (12, 400),
    "tiny": (11, 400),
    "title": (14, 600),
    "heading": (18, 600),
    "display": (24, 600),
    "mono": (12, 400),
    "mono_small": (11, 400),
}
_SANS = ["Inter", "Segoe UI", "Helvetica Neue", "Noto Sans", "sans-serif"]
_MONO = ["JetBrains Mono", "Consolas", "Menlo", "DejaVu Sans Mono", "monospace"]


@cache
def load() -> None:
    """Make the bundled fonts known to Qt, once in a process."""
    for file in sorted(path("fonts").glob("*.?tf")):
        QFontDatabase.addApplicationFont(str(file))


def font(role: Role = "body", weight: int | None = None) -> QFont:
    """The font of a role: size and weight belong together."""
    load()
    size, usual = _ROLES[role]
    made = QFont(_MONO if role.startswith("mono") else _SANS)
    made.setPixelSize(size)
    made.setWeight(QFont.Weight(weight or usual))
    if role == "display":
        made.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 98)
    # Unhinted, so that text scales with the canvas without jumping.
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return made
