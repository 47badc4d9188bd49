"""`<data folder>/secrets.json`: names and bindings to be read, values encrypted one by one; written all or nothing."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from engine.errors import Refused
from engine.keys.sealed import Argon, Sealed
from engine.platform import atomic_write, try_lock
from engine.settings.base import Frozen

FILE, LOCK = "secrets.json", "secrets.lock"
MAX_FILE_BYTES = 16_000_000
_WAIT_S = 10.0
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]
Stamp = tuple[int, int, int]


class Record(Sealed):
    """One secret: where it may be used, when it was changed (seconds since 1970), and its encrypted value."""

    bound_to: Annotated[tuple[str, ...], Field(min_length=1, max_length=100)]
    changed: float


class VaultFile(Frozen):
    """All of them. `argon2id` None: the key is in the system's keyring. `check` tells a wrong key from damage."""

    format: Literal[1]
    vault: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    argon2id: Argon | None
    check: Sealed
    secrets: dict[Name, Record]

    def about(self, name: str, record: Record) -> list[object]:
        """What is authenticated with a value: whoever changes it makes the value unreadable."""
        return [self.format, self.vault, name, list(record.bound_to), record.changed]

    def about_all(self) -> list[object]:
        """What is authenticated with `check`."""
        return [self.format, self.vault, None if self.argon2id is None else self.argon2id.model_dump()]


def stamp(data_dir: Path) -> Stamp | None:
    """Changes when the file does; None when there is none."""
    try:
        found = os.stat(data_dir / FILE)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def read(data_dir: Path) -> VaultFile | None:
    """The file, or None where there is none. Refused when it cannot be read or is damaged; it is left as it is."""
    file = data_dir / FILE
    try:
        with file.open("rb") as source:
            raw = source.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Refused(f"The secrets cannot be read: {error.strerror}.", where=str(file)) from None
    try:
        if len(raw) > MAX_FILE_BYTES:
            raise ValueError
        return VaultFile.model_validate_json(raw)
    except (ValidationError, ValueError):
        raise Refused(
            "The file of the secrets is damaged, or of a newer Signalbox.",
            where=str(file),
            remedy="It is left as it is. Put a good copy there, or move it away and store the secrets anew.",
        ) from None


def write(data_dir: Path, file: VaultFile) -> None:
    """Replace the file; only its owner may read it. Refused when the folder cannot be written."""
    try:
        atomic_write(data_dir / FILE, (file.model_dump_json(indent=1) + "\n").encode(), private=True)
    except OSError as error:
        raise Refused(f"The secrets cannot be written: {error.strerror}.", where=str(data_dir / FILE)) from None


@contextlib.contextmanager
def changing(data_dir: Path) -> Iterator[None]:
    """Nobody else changes the file meanwhile. Refused when another program keeps it for too long."""
    ends = time.monotonic() + _WAIT_S
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        while (lock := try_lock(data_dir / LOCK)) is None:
            if time.monotonic() > ends:
                raise Refused("Another program is changing the secrets.", remedy="Try again when it is done.")
            time.sleep(0.02)
    except OSError as error:
        raise Refused(f"The secrets cannot be written: {error.strerror}.", where=str(data_dir)) from None
    with lock:
        yield
