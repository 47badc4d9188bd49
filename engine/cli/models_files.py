"""`models add, note, remove, measure`: what comes into the library, what leaves it, and how fast it is here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli import codes, options
from engine.cli.progress import Progress

Name = Annotated[str, typer.Argument(metavar="NAME", help="A model of the library.", show_default=False)]


def add(
    source: Annotated[Path, typer.Argument(metavar="PATH", help="A .gguf or .onnx file, or a folder of them.")],
    role: Annotated[str, typer.Option("--role", help="Also give it to this role.")] = "",
    license: Annotated[str, typer.Option("--license", help="Its licence, where the file does not say.")] = "",
    note: Annotated[str, typer.Option("--note", help="A note for people.")] = "",
    link: Annotated[bool, typer.Option("--link/--copy", help="Use it where it is, or copy it (the default).")] = False,
    progress: Progress = False,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Add model files to the library: checked first, copied whole, known by their SHA-256."""
    from engine.cli.failures import say
    from engine.cli.models_folder import library
    from engine.cli.output import print_json, size
    from engine.cli.progress import reporter
    from engine.errors import Refused
    from engine.models.adding import add as add_model
    from engine.models.adding import candidates

    path, _ = library(data_dir)
    found = candidates(source.expanduser())
    if role and len(found) > 1:
        raise Refused(f"A role has one model, and there are {len(found)} in this folder.", remedy="Name one of them.")
    told: list[dict[str, Any]] = []
    broken: list[dict[str, Any]] = []
    for one in found:
        try:
            done = add_model(one, path, link=link, license=license, note=note, progress=reporter(progress))
        except Refused as fault:
            if len(found) == 1:
                raise
            broken.append({"path": str(one), "fault": str(fault)})
            say(str(fault))
            continue
        entry = done.entry
        told.append({
            "name": entry.name, "path": str(done.path), "new": done.new, "kind": entry.kind, "bytes": entry.bytes,
            "sha256": entry.sha256, "license": entry.license, "linked": bool(entry.path),
            "memory_bytes": done.facts.need, "context": done.facts.context,
        })  # fmt: skip
        if not json:
            state = "Added" if done.new else "Already there as"
            print(f"{state}: {entry.name} ({size(entry.bytes)}, licence {entry.license}, sha256 {entry.sha256[:12]}).")
    if role and told:
        from engine.cli.models_role import give

        give(path, role, told[0]["name"] if not told[0]["linked"] else told[0]["path"], quiet=json)
    if json:
        print_json({"added": told, "refused": broken, "role": role or None})
    return codes.REFUSED if broken else codes.COMPLETED


def note_(
    name: Name,
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help="A note for people.")] = "",
    license: Annotated[str, typer.Option("--license", help="Its licence.")] = "",
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Note a model's licence, or what people should know of it."""
    from engine.cli.models_folder import library
    from engine.cli.output import print_json
    from engine.errors import Refused
    from engine.models.adding import note
    from engine.models.library import find, read_index

    if not text and not license:
        raise Refused("There is nothing to note.", remedy="Say a text, or --license.")
    path, _ = library(data_dir)
    note(name, path, license=license, text=text)
    if json:
        index = read_index(path)
        place = find(name, path, index)
        entry = next(one for one in index.entries.values() if one.place(path) == place)
        print_json({"name": entry.name, "path": str(place), "license": entry.license, "note": entry.note})
    else:
        print(f"Noted: {name}.")
    return codes.COMPLETED


def remove(
    name: Name,
    force: Annotated[bool, typer.Option("--force", help="Also when a role uses it.")] = False,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Take a model out of the library and delete its copy; what is used where it is (--link) stays there."""
    from engine.cli.models_folder import library
    from engine.cli.output import print_json
    from engine.models.adding import remove as remove_model

    path, settings = library(data_dir)
    place, deleted = remove_model(name, path, settings, force=force)
    if json:
        print_json({"path": str(place), "deleted": deleted})
    else:
        print(f"Removed: {place.name}." if deleted else f"Forgotten: {place.name}; the file stays where it is.")
    return codes.COMPLETED


def measure(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="A model of the library.")] = "",
    role: Annotated[str, typer.Option("--role", help="The model of this role, as the role runs it.")] = "",
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="Threads; else one per core, less one.")
    ] = None,
    progress: Progress = False,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Measure how fast a model is on this PC, in a process of its own, and keep the figure. Ctrl-C ends it."""
    import asyncio

    from engine.cli.failures import say
    from engine.cli.models_folder import library
    from engine.cli.output import print_json, size
    from engine.cli.progress import reporter
    from engine.models.library import Busy, changing, facts_of, find, keep_speed, known_sha256, read_index
    from engine.models.measure import measure as measure_model
    from engine.settings import model_path

    path, settings = library(data_dir)
    setting = _measured(name, role, path, settings)
    if threads is not None:
        setting = setting.model_copy(update={"threads": threads})
    speed = asyncio.run(measure_model(setting, path, settings, reporter(progress)))
    place = model_path(setting, path) if role else find(name, path, read_index(path))
    index = read_index(path)
    sha = known_sha256(index, facts_of(place).files)
    try:
        with changing(path) as index:
            keep_speed(index, sha, speed)
    except Busy as fault:  # what was measured is worth more than the note of it
        say(f"{fault} The figure is not kept.")
    if json:
        print_json({"name": place.name, "sha256": sha, **speed})
    elif speed["answer_tps"] is not None:
        memory = size(speed["memory_bytes"] or 0)
        print(f"{place.name}: {speed['answer_tps']:.0f} tokens/s written, {speed['prompt_tps']:.0f} tokens/s read "
              f"({speed['threads']} threads, {memory} of memory, {speed['cpu']}).")  # fmt: skip
    else:
        print(f"{place.name}: {speed['infer_s'] * 1000:.3g} ms for one inference "
              f"({speed['provider']}, {speed['threads']} threads, {speed['cpu']}).")  # fmt: skip
    return codes.COMPLETED


def _measured(name: str, role: str, path: Path, settings: Any) -> Any:
    """The role that is measured: the one that is named, or one made for a file."""
    from engine.errors import Refused
    from engine.models.library import facts_of, find, read_index
    from engine.settings import RoleSetting

    if bool(name) == bool(role):
        raise Refused("Name a model of the library, or a role with --role.")
    if role:
        if role not in settings.roles:
            raise Refused(f"There is no role {role!r} (there are: {', '.join(sorted(settings.roles))}).")
        return settings.roles[role]
    place = find(name, path, read_index(path))
    kind = facts_of(place).kind
    if kind == "lora":
        raise Refused(f"{place.name} is an adapter, which is no model by itself.", remedy="Measure a role that has it.")
    return RoleSetting.model_validate({"model": str(place), "kind": kind})
