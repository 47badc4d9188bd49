"""Changing what is stored: one program at a time, all or nothing, and never without the key."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from engine.errors import Refused
from engine.keys import file as files
from engine.keys import session, system
from engine.keys.bindings import binding
from engine.keys.file import Record, VaultFile
from engine.keys.sealed import Sealed, check_passphrase, derive, new_argon, new_key, seal
from engine.keys.vault import Vault
from engine.masks import SHORTEST
from engine.settings import Settings, is_loopback

LONGEST = 64 * 1024


def put(
    vault: Vault, name: str, value: str, bound_to: Sequence[str], *, now: float, passphrase: str | None = None
) -> Record:
    """Store a secret. The first one makes the file: its key is in the keyring, or made of `passphrase`.

    Refused, Locked or Unusable, and then nothing has changed.
    """
    check_value(value)
    with files.changing(vault.data_dir):
        file = vault.file()
        file, key = _new(vault, passphrase) if file is None else (file, vault.key(file))
        record = _sealed(key, file, name, value, bound_to, now)
        _write(vault, file, {**file.secrets, name: record})
    return record


def bind(vault: Vault, name: str, bound_to: Sequence[str], *, now: float) -> Record:
    """Say anew where a secret may go."""
    with files.changing(vault.data_dir):
        file = vault.file()
        old = None if file is None else file.secrets.get(name)
        if file is None or old is None:
            raise unknown(vault, name)
        key = vault.key(file)
        record = _sealed(key, file, name, vault.opened(file, name, old, key), bound_to, now)
        _write(vault, file, {**file.secrets, name: record})
    return record


def remove(vault: Vault, name: str) -> None:
    """Forget a secret; its key is not needed for that."""
    with files.changing(vault.data_dir):
        file = vault.file()
        if file is None or name not in file.secrets:
            raise unknown(vault, name)
        _write(vault, file, {other: record for other, record in file.secrets.items() if other != name})


def rekey(vault: Vault, passphrase: str | None) -> None:
    """Encrypt everything anew: under a passphrase, or with a key in the keyring (None). The old key opens nothing."""
    with files.changing(vault.data_dir):
        old = vault.file()
        if old is None:
            raise Refused("No secrets are stored yet.", remedy="`signalboxctl secrets set` stores one.")
        key = vault.key(old)
        values = {name: vault.opened(old, name, record, key) for name, record in old.secrets.items()}
        file, fresh = _new(vault, passphrase)
        records = {
            name: _sealed(fresh, file, name, values[name], record.bound_to, record.changed)
            for name, record in old.secrets.items()
        }
        _write(vault, file, records)
    session.forget(old.vault)
    if old.argon2id is None:
        system.forget(old.vault, vault.keyring_s)


def unlock(vault: Vault, passphrase: str) -> VaultFile:
    """Have the key of a file that is under a passphrase. Locked when it is another one."""
    file = vault.file()
    if file is None:
        raise Refused("No secrets are stored yet.", remedy="`signalboxctl secrets set` stores one.")
    if file.argon2id is not None:
        vault.remember(file, derive(passphrase, file.argon2id))
    return file


def unlock_for_later(vault: Vault, file: VaultFile) -> None:
    """Let engines of this user have the key until they log out. Refused where the system has no place for that."""
    session.keep(file.vault, vault.key(file))


def unknown(vault: Vault, name: str) -> Refused:
    """What is said of a secret that is not stored."""
    file = vault.file()
    known = ", ".join(sorted(file.secrets)) if file is not None and file.secrets else "none"
    return Refused(f"There is no secret {name!r} (there are: {known}).", remedy="`secrets set` stores one.")


def check_value(value: str) -> str:
    """The value; Refused when it cannot be kept, or could not be found again in what comes back."""
    if len(value) < SHORTEST:
        what = f"The secret has fewer than {SHORTEST} characters, so it could not be kept out of logs."
        raise Refused(what, remedy="Use a longer one.")
    if len(value) > LONGEST:
        raise Refused(f"The secret has more than {LONGEST:,} characters.")
    if "\0" in value:
        raise Refused("The secret holds the NUL character, which no program or server takes.")
    return value


def bindings(given: Iterable[str], settings: Settings) -> tuple[str, ...]:
    """Bindings as they are stored. A role's and a server's are tied to the address that it has now."""
    return tuple(dict.fromkeys(_tied(one.strip(), settings) for one in given))


def in_the_clear(bound_to: Iterable[str]) -> list[str]:
    """Those to which the secret would go over the network for everybody to read."""
    found = [one for one in bound_to if "http://" in one or one.startswith("mqtt://")]
    return [one for one in found if not is_loopback(urlsplit(one.rpartition("@")[2]).hostname or "")]


def _tied(given: str, settings: Settings) -> str:
    kind, _, name = given.partition(":")
    if kind == "role" and "@" not in name:
        role = settings.roles.get(name)
        if role is None or role.kind != "remote":
            what = "is a file on this PC" if role else "is not in the settings"
            raise Refused(f"The role {name!r} {what}, so no key goes there.", remedy="Set up the role first.")
        return binding(f"role:{name}@{role.address}")
    if kind == "mcp" and "@" not in name:
        server = settings.mcp_servers.get(name)
        return binding(f"mcp:{name}@{server.url.partition('?')[0]}" if server and server.url else given)
    return binding(given)


def _new(vault: Vault, passphrase: str | None) -> tuple[VaultFile, bytes]:
    """An empty file under a new key, which is in the keyring by then; the file itself is not written yet."""
    name, argon = secrets.token_hex(16), None
    if passphrase is None:
        key = new_key()
        system.keep(name, key, vault.keyring_s)
    else:
        argon = new_argon()
        key = derive(check_passphrase(passphrase), argon)
    empty = Sealed(nonce="", data="")
    file = VaultFile(format=1, vault=name, argon2id=argon, check=empty, secrets={})
    file = file.model_copy(update={"check": seal(key, "signalbox", file.about_all())})
    vault.remember(file, key)
    return file, key


def _sealed(key: bytes, file: VaultFile, name: str, value: str, bound_to: Sequence[str], changed: float) -> Record:
    record = Record(nonce="", data="", bound_to=tuple(bound_to), changed=round(changed, 3))
    return record.model_copy(update=seal(key, value, file.about(name, record)).model_dump())


def _write(vault: Vault, file: VaultFile, records: dict[str, Record]) -> None:
    made = VaultFile.model_validate(
        {**file.model_dump(), "secrets": {name: one.model_dump() for name, one in records.items()}}
    )
    files.write(vault.data_dir, made)
