"""The key of an unlocked vault, kept in memory by the system until its user logs out, for engines started meanwhile."""

from __future__ import annotations

import contextlib
from pathlib import Path

from engine.errors import Refused
from engine.keys.sealed import KEY_BYTES
from engine.platform import atomic_write, session_dir

_FOLDER = "signalbox"


def read(vault: str) -> bytes | None:
    """The key of a vault that was unlocked in this session."""
    folder = session_dir()
    if folder is None:
        return None
    try:
        key = (folder / _FOLDER / vault).read_bytes()
    except OSError:
        return None
    return key if len(key) == KEY_BYTES else None


def keep(vault: str, key: bytes) -> Path:
    """Keep it; Refused where the system has no such place."""
    folder = session_dir()
    if folder is None:
        raise Refused(
            "This system has no folder that is gone when its user logs out, so nothing can be unlocked for later.",
            remedy="Start the engine with SIGNALBOX_PASSPHRASE or SIGNALBOX_PASSPHRASE_FILE.",
        )
    place = folder / _FOLDER / vault
    try:
        place.parent.mkdir(mode=0o700, exist_ok=True)
        atomic_write(place, key, private=True)
    except OSError as error:
        raise Refused(f"The key cannot be kept: {error.strerror}.", where=str(place)) from None
    return place


def forget(vault: str) -> bool:
    """Lock it again; whether it was kept."""
    folder = session_dir()
    if folder is None:
        return False
    with contextlib.suppress(OSError):
        (folder / _FOLDER / vault).unlink()
        return True
    return False
