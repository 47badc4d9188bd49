"""`models role`: the one place where a role is given another model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import codes, options

if TYPE_CHECKING:
    from engine.settings import Settings


def role(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="The role that workflows name.", show_default=False)],
    model: Annotated[
        str, typer.Argument(metavar="[FILE]", help="Its model: a name in the library, or a file. Without it, show.")
    ] = "",
    context: Annotated[int | None, typer.Option("--context", help="Tokens of messages and answer together.")] = None,
    threads: Annotated[int | None, typer.Option("--threads", help="Threads to compute with; 0: one per core.")] = None,
    max_tokens: Annotated[int | None, typer.Option("--max-tokens", help="The longest answer.")] = None,
    unsure_below: Annotated[
        float | None, typer.Option("--unsure-below", help="Less confidence counts as unsure; -1: never.")
    ] = None,
    fallback: Annotated[
        str | None, typer.Option("--fallback", metavar="A,B", help="Roles that take over, in order; '' for none.")
    ] = None,
    lora: Annotated[
        list[str] | None, typer.Option("--lora", metavar="FILE[:SCALE]", help="Adapters of this role; 'none' for none.")
    ] = None,
    url: Annotated[str | None, typer.Option("--url", help="The address of a remote model.")] = None,
    provider: Annotated[
        str | None, typer.Option("--provider", help="openai, anthropic, google or ollama: a remote model.")
    ] = None,
    remote: Annotated[str | None, typer.Option("--model", help="The remote model's name at its provider.")] = None,
    key: Annotated[str | None, typer.Option("--key", metavar="secret://NAME", help="Its key; '' for none.")] = None,
    placement: Annotated[
        str | None, typer.Option("--placement", help="edge or cloud: where a remote model counts as being.")
    ] = None,
    fields: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=JSON", help="Any other field of a role.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take the role away, or give it its default back.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and say what would change; change nothing.")
    ] = False,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Show a role, or give it another model: checked first, for whoever asks next. A running engine takes it over.

    Calls in flight end with the model that they began with.
    """
    from engine.cli.models_folder import library
    from engine.models.roles import model_name

    path, settings = library(data_dir)
    change: dict[str, Any] = {}
    if model:
        change |= {"model": model_name(model, path), "kind": None}
    for name, value in (("n_ctx", context), ("max_tokens", max_tokens), ("provider", provider), ("url", url),
                        ("model", remote), ("placement", placement)):  # fmt: skip
        if value is not None:
            change[name] = value or None
    if threads is not None:
        change["threads"] = threads or None
    if unsure_below is not None:
        change["unsure_below"] = None if unsure_below < 0 else unsure_below
    if fallback is not None:
        change["fallback"] = [one.strip() for one in fallback.split(",") if one.strip()]
    if key is not None:
        change["key"] = key or None
    if lora is not None:
        change["lora"] = [_adapter(one, path) for one in lora if one != "none"]
    for one in fields or []:
        name, value = _field(one)
        change[name] = value
    return _carried_out(role, path, settings, change, clear=clear, dry_run=dry_run, json=json)


def give(path: Path, role: str, model: str, *, quiet: bool) -> None:
    """What `models add --role` does after adding."""
    from engine.settings import load

    change = {"model": model, "kind": None}
    _carried_out(role, path, load(path), change, clear=False, dry_run=False, json=False, quiet=quiet)


def _carried_out(
    role: str,
    path: Path,
    settings: Settings,
    change: dict[str, Any],
    *,
    clear: bool,
    dry_run: bool,
    json: bool,
    quiet: bool = False,
) -> int:
    from engine.cli.output import print_json
    from engine.errors import Refused
    from engine.models.roles import changed, check, cleared
    from engine.settings import save

    users, notes = list(_users(path, role)), list[str]()
    if clear and change:
        raise Refused("A role is either cleared or changed.")
    if not change and not clear:
        if role not in settings.roles:
            known = ", ".join(sorted(settings.roles))
            raise Refused(f"There is no role {role!r} (there are: {known}).", remedy="Name a model to make it.")
        after = settings
    elif clear:
        after = cleared(settings, role)
        if role not in after.roles and users:
            said = f"The workflow {users[0]['workflow']} uses the role `{role}`."
            raise Refused(said, remedy="Give it another model instead of none.")
    else:
        after = changed(settings, role, change)
        if "model" in change and "lora" not in change and role in settings.roles and settings.roles[role].lora:
            after = changed(after, role, {"lora": []})
            notes.append("Its adapters were made for the model before, and are taken off.")
        notes += check(after, role, path, _wanted(users))
        notes += _about_threshold(settings, after, role, change)
    saved = after != settings and not dry_run
    if saved:
        save(after, path)
    facts = _facts(role, path, after)
    before = _facts(role, path, settings)
    if json:
        print_json({**(facts or {"role": role}), "before": before, "used_by": users, "notes": notes, "saved": saved})
    elif not quiet:
        _say(role, before, facts, users, notes, changes=after != settings, saved=saved)
    elif quiet:
        for note in notes:
            from engine.cli.failures import say

            say(note)
    return codes.COMPLETED


def _facts(role: str, path: Path, settings: Settings) -> dict[str, Any] | None:
    from engine.models.library import read_index
    from engine.models.listing import cpu_name, role_facts
    from engine.models.service import Models

    if role not in settings.roles:
        return None
    return role_facts(role, path, settings, Models(settings, path), read_index(path), cpu_name())


def _users(path: Path, role: str) -> Iterator[dict[str, str]]:
    """Which nodes of the newest workflows in the library name the role."""
    from engine.errors import Refused
    from engine.nodes.catalog import CATALOG
    from engine.store import DATA_FILE, open_store

    if not (path / DATA_FILE).exists():
        return
    with open_store(path / DATA_FILE, role="client") as store:
        for name in store.library.names():
            try:
                digest = store.library.latest(name)
                workflow = store.library.get(digest) if digest else None
            except Refused:  # one that this program cannot read uses nothing
                continue
            for node in workflow.nodes if workflow else []:
                node_type = CATALOG.get(node.type)
                if node_type is not None and node.mode == "on" and role in node_type.needs(node.params).roles:
                    yield {"workflow": name, "node": node.key, "type": node.type}


def _wanted(users: list[dict[str, str]]) -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = {}
    for one in users:
        wanted.setdefault("onnx" if one["type"].startswith("onnx.") else "language", []).append(one["workflow"])
    return wanted


def _about_threshold(before: Settings, after: Settings, role: str, change: dict[str, Any]) -> list[str]:
    new, old = after.roles[role], before.roles.get(role)
    if old is None or new.model == old.model or "unsure_below" in change or new.unsure_below is None:
        return []
    if new.kind != "gguf":
        return []
    return [f"An answer with a confidence below {new.unsure_below:g} still counts as unsure: a threshold of the model "
            "before (--unsure-below changes it)."]  # fmt: skip


def _adapter(given: str, path: Path) -> dict[str, Any]:
    """FILE or FILE:SCALE; a drive letter is no scale."""
    from engine.errors import Refused
    from engine.models.roles import model_name

    file, colon, scale = given.rpartition(":")
    try:
        amount = float(scale) if colon else 1.0
    except ValueError:
        file, amount = given, 1.0
    if not colon:
        file = given
    if not file:
        raise Refused(f"{given!r} names no adapter file.")
    return {"file": model_name(file, path), "scale": amount}


def _field(given: str) -> tuple[str, Any]:
    import json

    from engine.errors import Refused
    from engine.settings import RoleSetting

    name, equals, text = given.partition("=")
    if not equals or name not in RoleSetting.model_fields:
        raise Refused(f"{given!r} is not FIELD=JSON.", remedy=f"Fields are {', '.join(RoleSetting.model_fields)}.")
    try:
        return name, json.loads(text)
    except ValueError:
        return name, text


def _words(value: Any) -> str:
    """A fact as people read it."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_words(one)}" for name, one in value.items() if one not in (None, "", [], {}))
    if isinstance(value, list):
        return ", ".join(_words(one) for one in value) or "none"
    return "none" if value is None else str(value)


def _say(
    role: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    users: list[dict[str, str]],
    notes: list[str],
    *,
    changes: bool,
    saved: bool,
) -> None:
    from engine.cli.failures import plain

    if after is None:
        print(f"{role}: {'gone' if saved else 'would be gone'}.")
    elif not changes:
        for key, value in after.items():
            if value not in (None, "", [], {}):
                print(f"{key:14}{plain(_words(value))}")
    else:
        was = "new" if before is None else before["model"]
        names = [key for key in after if before is None or after[key] != before[key]]
        print(f"{role}: {was} → {after['model']}" if was != after["model"] else f"{role}: {after['model']}")
        for key in names:
            if key in ("n_ctx", "threads", "max_tokens", "unsure_below", "fallback", "lora", "rule", "url", "provider",
                       "key", "placement", "memory_bytes"):  # fmt: skip
                old = "" if before is None else f"{_words(before[key])} → "
                print(f"  {key}: {plain(f'{old}{_words(after[key])}')}")
    names = sorted({one["workflow"] for one in users})
    print(f"Used by {', '.join(names)}." if names else "No workflow in the library uses it.")
    for note in notes:
        print(note)
    if changes:
        print("Saved: whoever asks next gets it." if saved else "Nothing was changed (--dry-run).")
