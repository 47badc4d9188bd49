"""`secrets`: keys and passwords of this PC: stored encrypted, each for the places that its owner names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import codes, options, unseen

if TYPE_CHECKING:
    from engine.keys import Vault
    from engine.settings import Settings

app = typer.Typer(
    help="Secrets: keys and passwords, stored encrypted, each for the places that you name.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="What workflows call it: secret://NAME.", show_default=False)]
To = Annotated[
    list[str] | None,
    typer.Option(
        "--to",
        metavar="WHERE",
        help="Where it may go (repeat for more): https://host/path, role:ROLE, mcp:SERVER, program:NAME, "
        "postgresql://host/database, mqtt://host, opcua://host.",
    ),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file", metavar="FILE", help="The passphrase is the first line of this file; - is standard input."
    ),
]


@app.command("list")
def list_(data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """List the secrets, where each may go and who uses it. Never shows a value."""
    from engine.cli.output import clock, print_json, print_table

    vault, settings = _open(data_dir)
    found = _listed(vault, settings, data_dir)
    keeper = _keeper(vault)
    if json:
        print_json({"keeper": keeper, "secrets": found})
        return codes.COMPLETED
    cells = [
        [
            one["name"],
            ", ".join(one["bound_to"]),
            clock(one["changed"]) if one["changed"] else one["source"],
            ", ".join(one["used_by"]) or "nobody",
        ]
        for one in found
    ]
    print_table(["secret", "may go to", "changed", "used by"], cells, empty="No secrets are stored.")
    _tell(*(f"{one['name']}: {one['warning']}" for one in found if one["warning"]), keeper["sentence"])
    return codes.COMPLETED


@app.command()
def status(data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """Say who keeps the key of the secrets and whether they can be read now. Exit code 2 when they cannot."""
    from engine.cli.output import print_json

    vault, _ = _open(data_dir)
    keeper = _keeper(vault)
    if json:
        print_json({"keeper": keeper})
    else:
        print(keeper["sentence"])
    return codes.REFUSED if keeper["kind"] == "locked" else codes.COMPLETED


@app.command("set")
def set_(
    name: Name,
    to: To = None,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Keep the secrets under a passphrase, not in the system's keyring.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Store a secret: typed unseen, or read from standard input. A value is never an argument.

    Without --to, one that is there keeps its places.
    """
    from engine.cli.output import print_json
    from engine.errors import Refused
    from engine.keys import changes

    vault, settings = _open(data_dir)
    file = vault.file()
    old = file.secrets.get(name) if file is not None else None
    if not to and old is None:
        raise Refused("A secret needs a place that it may go to.", remedy=f"`secrets set {name} --to https://host`.")
    bound = changes.bindings(to, settings) if to else old.bound_to if old is not None else ()
    _check_name(name)
    first = unseen.first_passphrase(vault, passphrase, passphrase_file) if file is None else None
    if file is not None:
        unseen.unlock(vault, passphrase_file)
    value = changes.check_value(unseen.value(name))
    import time

    record = changes.put(vault, name, value, bound, now=time.time(), passphrase=first)
    clear = changes.in_the_clear(bound)
    if clear:
        _tell(f"Anybody on the way can read what goes to {', '.join(clear)}: it is not encrypted.")
    facts = {"name": name, "bound_to": list(record.bound_to), "changed": record.changed, "keeper": _keeper(vault)}
    if json:
        print_json(facts)
    else:
        print(f"Stored: {name}, for {', '.join(record.bound_to)}.")
    return codes.COMPLETED


@app.command()
def bind(
    name: Name,
    to: To = None,
    only: Annotated[bool, typer.Option("--only", help="These places take the place of the ones before.")] = False,
    passphrase_file: PassphraseFile = None,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Let a secret go to more places, or with --only to these alone."""
    import time

    from engine.cli.output import print_json
    from engine.errors import Refused
    from engine.keys import changes

    vault, settings = _open(data_dir)
    file = vault.file()
    old = file.secrets.get(name) if file is not None else None
    if old is None:
        raise changes.unknown(vault, name)
    if not to:
        raise Refused("No place is named.", remedy=f"`secrets bind {name} --to https://host`.")
    added = changes.bindings(to, settings)
    bound = added if only else tuple(dict.fromkeys((*old.bound_to, *added)))
    unseen.unlock(vault, passphrase_file)
    record = changes.bind(vault, name, bound, now=time.time())
    if json:
        print_json({"name": name, "bound_to": list(record.bound_to), "changed": record.changed})
    else:
        print(f"{name} may go to {', '.join(record.bound_to)}.")
    return codes.COMPLETED


@app.command()
def remove(name: Name, data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """Forget a secret; steps that name it fail from now on."""
    from engine.cli.output import print_json
    from engine.keys import changes

    vault, _ = _open(data_dir)
    changes.remove(vault, name)
    if json:
        print_json({"removed": name})
    else:
        print(f"Removed: {name}.")
    return codes.COMPLETED


@app.command()
def unlock(passphrase_file: PassphraseFile = None, data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """Open secrets that are under a passphrase for engines of this user, until they log out or `secrets lock`."""
    from engine.cli.output import print_json
    from engine.keys import changes

    vault, _ = _open(data_dir)
    file = vault.file()
    if file is not None and file.argon2id is None:
        vault.key(file)
    else:
        file = changes.unlock(vault, unseen.passphrase(vault, passphrase_file))
        changes.unlock_for_later(vault, file)
    _say_keeper(vault, json, print_json)
    return codes.COMPLETED


@app.command()
def lock(data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """Take back what `secrets unlock` did. An engine that runs keeps what it has until it ends."""
    from engine.cli.output import print_json
    from engine.keys import Vault, session

    vault, _ = _open(data_dir)
    file = vault.file()
    if file is not None:
        session.forget(file.vault)
    _say_keeper(Vault(vault.data_dir), json, print_json)
    return codes.COMPLETED


@app.command()
def passphrase(
    keyring: Annotated[
        bool, typer.Option("--keyring", help="From now on, the system's keyring keeps the key.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    new_file: Annotated[
        Path | None, typer.Option("--new-file", metavar="FILE", help="The new passphrase is its first line.")
    ] = None,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Keep the secrets under a new passphrase, or move their key into the system's keyring."""
    from engine.cli.output import print_json
    from engine.errors import Refused
    from engine.keys import changes

    vault, _ = _open(data_dir)
    if vault.file() is None:
        raise Refused("No secrets are stored yet.", remedy="`signalboxctl secrets set` stores one.")
    unseen.unlock(vault, passphrase_file)
    new = None if keyring else unseen.first_line(new_file) if new_file is not None else unseen.ask_twice()
    changes.rekey(vault, new)
    _say_keeper(vault, json, print_json)
    return codes.COMPLETED


def _open(data_dir: Path | None) -> tuple[Vault, Settings]:
    from engine.cli.reading import folder
    from engine.keys import Vault

    path, settings = folder(data_dir)
    return Vault(path), settings


def _listed(vault: Vault, settings: Settings, data_dir: Path | None) -> list[dict[str, Any]]:
    from engine.cli.reading import is_there, reading
    from engine.keys.environment import environment_names, environment_value, variable
    from engine.observe.uses import uses

    if is_there(data_dir):
        with reading(data_dir) as store:
            used = uses(settings, store.library)
    else:
        used = uses(settings, None)
    file = vault.file()
    stored = {} if file is None else file.secrets
    found = []
    for name, record in stored.items():
        over = f"{variable(name)} is set here and is used in its place." if environment_value(name) else ""
        one = {"bound_to": list(record.bound_to), "changed": record.changed, "source": "file", "warning": over}
        found.append({"name": name, **one, "used_by": used.get(name, [])})
    known = {variable(name) for name in stored}
    for name in environment_names():
        if variable(name) in known:
            continue
        users = sorted({user for secret, all_ in used.items() if variable(secret) == variable(name) for user in all_})
        loose = "it comes from the environment and may go anywhere; a stored one is bound to its places."
        one = {"bound_to": ["anything"], "changed": None, "source": "environment", "warning": loose}
        found.append({"name": name, **one, "used_by": users})
    return sorted(found, key=lambda one: str(one["name"]))


def _keeper(vault: Vault) -> dict[str, str]:
    from engine.keys.status import keeper

    kind, sentence = keeper(vault)
    return {"kind": kind, "sentence": sentence}


def _say_keeper(vault: Vault, json: bool, print_json: Any) -> None:
    keeper = _keeper(vault)
    if json:
        print_json({"keeper": keeper})
    else:
        print(keeper["sentence"])


def _check_name(name: str) -> None:
    import re

    from engine.errors import Refused

    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,128}", name):
        raise Refused(f"{name!r} is no name of a secret.", remedy="Use letters, digits, and _ . - only.")


def _tell(*sentences: str) -> None:
    from engine.cli.failures import say

    for sentence in sentences:
        say(sentence)
