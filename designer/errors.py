"""What keeps the designer from starting, said in a sentence before any window can."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from engine.errors import Refused

BAD_QT = (6, 12)
IMMORTAL = (3, 12)


def refuse_bad_qt(version: str, python: tuple[int, ...] = tuple(sys.version_info[:2])) -> None:
    """PySide6 6.12 takes a reference of None with every call that returns nothing: before Python 3.12 it aborts."""
    found = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if found >= BAD_QT and python < IMMORTAL:
        raise Refused(
            f"PySide6 {version} ends the program on Python {python[0]}.{python[1]}.",
            remedy='Install another one: pip install "PySide6-Essentials==6.11.*", or use Python 3.12.',
        )


def refuse_no_screen(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> None:
    """Without a screen Qt aborts the process instead of saying so."""
    if platform.startswith("linux") and not any(
        environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        raise Refused(
            "There is no screen to open a window on.",
            remedy="Start it in a desktop session, or use the command line: signalboxctl --help.",
        )
