"""Who keeps the key of the secrets, and whether they can be read now, in a sentence."""

from __future__ import annotations

from typing import Literal

from engine.errors import Refused
from engine.keys import system
from engine.keys.vault import Vault

Kind = Literal["keyring", "file", "locked", "none"]


def keeper(vault: Vault) -> tuple[Kind, str]:
    """`keyring`, `file` (a passphrase that is at hand), `locked`, or `none` (nothing stored, and no keyring here).

    May wait for the keyring.
    """
    try:
        file = vault.file()
        if file is None:
            name = system.label(vault.keyring_s)
            return "keyring", f"Nothing is stored yet. The key will be kept by the system: {name}."
        vault.key(file)
        if file.argon2id is not None:
            return "file", "The key is made of a passphrase, which is at hand; the system's keyring is not used."
        return "keyring", f"The key is kept by the system: {system.label(vault.keyring_s)}."
    except system.Unusable as why:
        how = "`signalboxctl secrets set NAME --passphrase --to …` keeps secrets under a passphrase."
        return "none", f"Nothing is stored yet. {why.what} {how}"
    except Refused as refused:
        return "locked", str(refused)
