"""A keyring for tests that is taken for the Secret Service: a JSON file, with a mood.

RING names the file; its entry "mood" is "" or one of locked, broken, forgetful, silent (answers when `open` is set).
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import keyring.backends.SecretService
import keyring.errors


class Keyring(keyring.backends.SecretService.Keyring):
    """Where `PYTHON_KEYRING_BACKEND=file_keyring.Keyring` leads."""

    priority = 9  # type: ignore[assignment]
    open = threading.Event()

    @property
    def file(self) -> Path:
        return Path(os.environ["RING"])

    @property
    def kept(self) -> dict[str, str]:
        return json.loads(self.file.read_text()) if self.file.exists() else {}

    def _mood(self) -> str:
        mood = self.kept.get("mood", "")
        if mood == "locked":
            raise keyring.errors.KeyringLocked("Failed to unlock the collection!")
        if mood == "broken":
            raise RuntimeError("no such bus\nat /nowhere")
        if mood == "silent":
            self.open.wait(30)
        return mood

    def get_password(self, service: str, username: str) -> str | None:
        self._mood()
        return self.kept.get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        if self._mood() != "forgetful":
            self.file.write_text(json.dumps({**self.kept, f"{service}/{username}": password}))

    def delete_password(self, service: str, username: str) -> None:
        self._mood()
        self.file.write_text(json.dumps({k: v for k, v in self.kept.items() if k != f"{service}/{username}"}))
