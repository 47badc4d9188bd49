"""What is typed unseen, or comes on standard input: values of secrets, and the passphrase that opens them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from engine.keys import Vault


def value(name: str) -> str:
    """The secret: typed unseen by a person, or all of standard input but its last line break."""
    from engine.errors import Refused
    from engine.keys.changes import LONGEST

    if sys.stdin is None:
        raise Refused("There is no standard input to read the secret from.")
    if sys.stdin.isatty():
        return hidden(f"{name} (not shown)")
    raw = sys.stdin.buffer.read(8 * LONGEST)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("The secret on standard input is no UTF-8 text.") from None
    return text.removesuffix("\n").removesuffix("\r")


def hidden(prompt: str) -> str:
    """What a person types, not shown."""
    import getpass

    return getpass.getpass(f"{prompt}: ")


def can_ask() -> bool:
    """Whether a person can be asked, also where standard input is the secret."""
    return any(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def ask_twice() -> str:
    """A new passphrase, typed twice."""
    from engine.errors import Refused
    from engine.keys.sealed import check_passphrase

    if not can_ask():
        raise Refused("Nobody is here to type a passphrase.", remedy="Name a file that holds it.")
    given = check_passphrase(hidden("New passphrase (not shown)"))
    if hidden("The same again") != given:
        raise Refused("The two passphrases differ; nothing has changed.")
    return given


def passphrase(vault: Vault, file: Path | None) -> str:
    """The passphrase that is in use: of the file, of the environment, or typed."""
    from engine.errors import Refused
    from engine.keys.vault import given_passphrase

    given = first_line(file) if file is not None else given_passphrase(vault.environment)
    if given is not None:
        return given
    if not can_ask():
        raise Refused(
            "The secrets are under a passphrase, and nobody is here to type it.",
            remedy="Use --passphrase-file, SIGNALBOX_PASSPHRASE or `signalboxctl secrets unlock`.",
        )
    return hidden("Passphrase of the secrets (not shown)")


def first_line(file: Path) -> str:
    """The passphrase in a file, or with `-` the first line of standard input: what follows is left to the next."""
    from engine.errors import Refused
    from engine.keys.vault import passphrase_file

    if str(file) != "-":
        return passphrase_file(file)
    try:
        line = sys.stdin.buffer.readline(40_000).decode("utf-8-sig").rstrip("\r\n") if sys.stdin is not None else ""
    except UnicodeDecodeError:
        line = ""
    if not line:
        raise Refused("There is no passphrase on standard input.")
    return line


def unlock(vault: Vault, passphrase_file: Path | None) -> None:
    """Have the key by the end; Locked otherwise."""
    from engine.keys import changes
    from engine.keys.vault import Locked

    file = vault.file()
    assert file is not None
    if passphrase_file is None:
        try:
            vault.key(file)
            return
        except Locked:
            if file.argon2id is None:
                raise
    changes.unlock(vault, passphrase(vault, passphrase_file))


def first_passphrase(vault: Vault, wanted: bool, file: Path | None) -> str | None:
    """The passphrase of a new file; None where the keyring keeps the key. Never the one for the other unsaid."""
    from engine.cli.failures import say
    from engine.errors import Refused
    from engine.keys import system
    from engine.keys.sealed import check_passphrase
    from engine.keys.vault import given_passphrase

    if file is not None:
        return check_passphrase(first_line(file))
    given = given_passphrase(vault.environment)
    if not wanted:
        try:
            system.label(vault.keyring_s)
            return None
        except system.Unusable as why:
            say(why.what)
            if given is None and not can_ask():
                raise Refused(
                    "The secret is not stored, since nothing keeps its key safely.",
                    remedy="--passphrase (or --passphrase-file FILE) keeps the secrets under a passphrase instead.",
                ) from None
        if given is None and not typer.confirm("Keep the secrets under a passphrase instead?", err=True):
            raise Refused("Nothing is stored.")
    if given is not None:
        say("The secrets are kept under the passphrase that the environment gives.")
        return check_passphrase(given)
    return ask_twice()
