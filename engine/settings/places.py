"""Where things are: the data folder, what ships with the program, and whether a host is this PC."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from engine.net.address import is_loopback, loopback_url

__all__ = ["data_dir", "is_loopback", "loopback_url", "resources_dir"]


def data_dir(option: str | os.PathLike[str] | None = None) -> Path:
    """The data folder, absolute: the option, else SIGNALBOX_DATA, else the platform's place; made by who writes."""
    if chosen := os.fspath(option or "") or os.environ.get("SIGNALBOX_DATA"):
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("signalbox", appauthor=False))


def resources_dir() -> Path:
    """The folder of what ships with the program: beside the packages, or inside a frozen build."""
    unpacked = getattr(sys, "_MEIPASS", None)
    return (Path(unpacked) if unpacked else Path(__file__).parents[2]) / "resources"
