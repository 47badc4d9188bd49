"""Where things are: the data folder, what ships with the program, and whether a host is this PC."""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit


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


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this PC; nothing is looked up."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def loopback_url(url: str) -> bool:
    """Whether an address names this PC itself; nothing is looked up."""
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False
