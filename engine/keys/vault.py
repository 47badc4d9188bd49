"""The secrets of one data folder as an engine uses them: names at any time, values once it is unlocked.

Safe to use from several threads. A value is given for one destination, or not at all.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from engine import masks
from engine.errors import Refused, StepError
from engine.keys import session, system
from engine.keys.bindings import OWN_ADDRESS, covers, shown
from engine.keys.environment import PASSPHRASE, PASSPHRASE_FILE, bound_by_variable, environment_value
from engine.keys.file import Record, Stamp, VaultFile, read, stamp
from engine.keys.sealed import derive, unseal
from engine.platform import no_core_dumps

KEYRING_S = 10.0
_FAILED_S = 3.0
_UNLOCK = "`signalboxctl secrets unlock` opens them, and so does SIGNALBOX_PASSPHRASE where the engine is started."


class Locked(Refused):
    """The secrets are there, and their key is not."""


class Vault:
    """The secrets of a data folder, read anew when their file changes."""

    def __init__(
        self, data_dir: Path, *, environment: Mapping[str, str] | None = None, keyring_s: float = KEYRING_S
    ) -> None:
        self.data_dir, self.keyring_s = data_dir, keyring_s
        self.environment = os.environ if environment is None else environment
        self._lock = threading.Lock()
        self._read: tuple[Stamp | None, VaultFile | None] | None = None
        self._key: tuple[str, bytes] | None = None
        self._failed: tuple[Stamp | None, float, Locked] | None = None

    def file(self) -> VaultFile | None:
        """What is stored, values encrypted; Refused when it is damaged."""
        mark = stamp(self.data_dir)
        if self._read is None or self._read[0] != mark:
            self._read = (mark, None if mark is None else read(self.data_dir))
        return self._read[1]

    def secret(self, name: str, to: str) -> str:
        """A secret's value for one destination. StepError `not_found`, or `permission` when it may not be had."""
        with self._lock:
            try:
                value, bound = self._value(name)
            except Refused as refused:
                raise StepError("permission", str(refused), retryable=False) from None
        masks.hide(value, name)
        place = value if to == OWN_ADDRESS else to
        if bound is not None and not any(covers(one, place) for one in bound):
            where = "the address that it is" if to == OWN_ADDRESS else shown(to) or "a tool that does not say where"
            why = f"The secret {name!r} is not for {where[:300]}; it is bound to {', '.join(bound)}."
            remedy = f"`signalboxctl secrets bind {name} --to …` allows more."
            raise StepError("permission", f"{why} {remedy}", retryable=False)
        return value

    def _value(self, name: str) -> tuple[str, tuple[str, ...] | None]:
        """The value and what it is bound to; None: whoever set the environment has said nothing of that."""
        file = self.file()
        record = None if file is None else file.secrets.get(name)
        given = environment_value(name, self.environment)
        if given:  # whoever starts the engine says so now; what is stored of where it may go holds all the same
            return given, None if file is None else bound_by_variable(name, file.secrets)
        if file is None or record is None:
            remedy = f"`signalboxctl secrets set {name} --to https://…` stores one."
            raise StepError("not_found", f"There is no secret {name!r} here. {remedy}", retryable=False)
        return self.opened(file, name, record, self.key(file)), record.bound_to

    def opened(self, file: VaultFile, name: str, record: Record, key: bytes) -> str:
        """A record's value; Refused when it was changed by somebody who does not have the key."""
        value = unseal(key, record, file.about(name, record))
        if value is None:
            what = f"The secret {name!r} is damaged, or somebody has changed where it may go."
            raise Refused(what, remedy=f"Store it again with `signalboxctl secrets set {name}`.")
        return value

    def key(self, file: VaultFile) -> bytes:
        """The key of the file; Locked when it cannot be had. May wait for the keyring."""
        if self._key is not None and self._key[0] == file.vault:
            return self._key[1]
        mark = stamp(self.data_dir)
        if self._failed is not None and self._failed[0] == mark and time.monotonic() < self._failed[1]:
            raise self._failed[2]
        try:
            key = self._from_keyring(file) if file.argon2id is None else self._from_passphrase(file)
        except Locked as locked:
            self._failed = (mark, time.monotonic() + _FAILED_S, locked)
            raise
        self.remember(file, key)
        return key

    def remember(self, file: VaultFile, key: bytes) -> None:
        """Use this key from now on; Locked when it is not the one of the file."""
        if unseal(key, file.check, file.about_all()) is None:
            if file.argon2id is not None:
                raise Locked("That is not the passphrase of these secrets.")
            raise Locked("The key in the keyring is not the one of these secrets.")
        no_core_dumps()
        self._key, self._failed = (file.vault, key), None

    def _from_keyring(self, file: VaultFile) -> bytes:
        try:
            key = system.load(file.vault, self.keyring_s)
            name = system.label(self.keyring_s) if key is None else ""
        except system.Unusable as why:
            raise Locked(f"The secrets are locked. {why.what}", remedy="Unlock the keyring of the system.") from None
        if key is None:
            what = f"The key of the secrets is not in this user's keyring ({name}): another user or PC has stored them."
            raise Locked(what, remedy="Move `secrets.json` away and store them here anew.")
        return key

    def _from_passphrase(self, file: VaultFile) -> bytes:
        assert file.argon2id is not None
        kept = session.read(file.vault)
        if kept is not None and unseal(kept, file.check, file.about_all()) is not None:
            return kept
        given = given_passphrase(self.environment)
        if given is None:
            raise Locked("The secrets are locked by a passphrase.", remedy=_UNLOCK)
        key = derive(given, file.argon2id)
        if unseal(key, file.check, file.about_all()) is None:
            raise Locked("The passphrase that the environment gives is not the one of the secrets.", remedy=_UNLOCK)
        return key


def given_passphrase(environment: Mapping[str, str]) -> str | None:
    """The passphrase that the environment gives, or names a file of; Refused when that cannot be read."""
    if environment.get(PASSPHRASE):
        return environment[PASSPHRASE]
    named = environment.get(PASSPHRASE_FILE)
    return passphrase_file(Path(named)) if named else None


def passphrase_file(path: Path) -> str:
    """The first line of a file."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            line = file.readline(10_000).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise Refused(f"The passphrase cannot be read: {why}.", where=str(path)) from None
    if not line:
        raise Refused("There is no passphrase in the file.", where=str(path))
    return line
