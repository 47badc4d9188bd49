"""Vaults with a keyring of their own, and passphrases that are made into keys quickly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import file_keyring
import keyring
import pytest

from engine.keys import Vault, changes
from engine.keys.sealed import Argon


class Ring:
    """What is in the keyring."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @property
    def kept(self) -> dict[str, str]:
        return json.loads(self.file.read_text()) if self.file.exists() else {}

    def mood(self, mood: str) -> None:
        self.file.write_text(json.dumps({**self.kept, "mood": mood}))

    def empty(self) -> None:
        self.file.write_text("{}")


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ring]:
    """A keyring that works."""
    monkeypatch.setenv("RING", str(tmp_path / "ring.json"))
    before = keyring.get_keyring()
    keyring.set_keyring(file_keyring.Keyring())
    file_keyring.Keyring.open.clear()
    yield Ring(tmp_path / "ring.json")
    file_keyring.Keyring.open.set()
    keyring.set_keyring(before)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "new_argon", lambda: Argon(salt="00" * 16, time=1, memory_kib=8192, lanes=1))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    return made


@pytest.fixture
def vault(folder: Path) -> Vault:
    """A vault that nothing is in yet, in an environment without secrets."""
    return Vault(folder, environment={}, keyring_s=5.0)
