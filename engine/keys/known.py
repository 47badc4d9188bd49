"""Which secrets there are, for checks: names and places only, nothing is opened and no library loaded."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from engine.errors import Refused
from engine.keys import session
from engine.keys.bindings import covers
from engine.keys.environment import (
    PASSPHRASE,
    PASSPHRASE_FILE,
    bound_by_variable,
    environment_names,
    environment_value,
)
from engine.keys.file import VaultFile, read

_HOW = "`signalboxctl secrets unlock` opens them, and so does SIGNALBOX_PASSPHRASE where the engine is started."


class Known(Collection[str]):
    """The names of the secrets of a data folder and of this process's environment.

    `locked` is a sentence when those that are stored cannot be read now, as far as that can be told at once.
    """

    def __init__(self, data_dir: Path) -> None:
        self._file: VaultFile | None = None
        self.locked = ""
        try:
            self._file = read(data_dir)
        except Refused as damaged:
            self.locked = str(damaged)
        if self._file is not None and _shut(self._file):
            self.locked = f"The secrets are locked by a passphrase. {_HOW}"

    def may_go(self, name: str, to: str) -> bool:
        """Whether a secret may be sent there; of one that only the environment has, nobody has said otherwise."""
        bound = None if self._file is None else bound_by_variable(name, self._file.secrets)
        return bound is None or any(covers(one, to) for one in bound)

    def __contains__(self, name: object) -> bool:
        stored = self._file is not None and name in self._file.secrets
        return stored or (isinstance(name, str) and bool(environment_value(name)))

    def __iter__(self) -> Iterator[str]:
        stored = () if self._file is None else tuple(self._file.secrets)
        return iter(dict.fromkeys((*stored, *environment_names())))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _shut(file: VaultFile) -> bool:
    given = os.environ.get(PASSPHRASE) or os.environ.get(PASSPHRASE_FILE)
    return file.argon2id is not None and not given and session.read(file.vault) is None
