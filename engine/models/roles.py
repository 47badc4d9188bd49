"""Gives a role another model: checked against the file, this PC's memory and those who use the role, then said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.errors import Refused
from engine.models import lora_file
from engine.models.library import FOLDER, Facts, facts_of, find, places, read_index
from engine.models.listing import largest_context, need_for
from engine.models.need import amount, budget_of
from engine.settings import DEFAULT_ROLES, RoleSetting, Settings, model_path, resources_dir

_REMOTE = ("provider", "url", "key", "placement", "prices")
_FILE = ("model", "kind", "lora", "providers")


def model_name(given: str, data: Path) -> str:
    """How the settings name a model: its name in the library, or the absolute path of a file elsewhere. Refused."""
    path = Path(given).expanduser()
    index = read_index(data)
    bare = len(path.parts) == 1 and any(known.name == given for known in places(data, index))
    place = path.absolute() if path.is_file() and not bare else find(given, data, index)
    return place.name if place.parent in (data / FOLDER, resources_dir() / FOLDER) else str(place)


def changed(settings: Settings, role: str, change: Mapping[str, Any]) -> Settings:
    """The settings with this role's fields changed, or the role made. Refused with one sentence for what cannot be.

    A `model` that is a file takes everything remote off the role; a `url` or `provider` takes everything of a file.
    """
    before = settings.roles.get(role)
    fields = {} if before is None else before.model_dump(exclude_defaults=True) | {"kind": before.kind}
    to_remote = any(change.get(key) is not None for key in ("url", "provider"))
    to_file = "model" in change and not to_remote and (before is None or before.kind != "remote" or "kind" in change)
    if to_remote and (before is None or before.kind != "remote"):
        fields = {key: value for key, value in fields.items() if key not in _FILE} | {"kind": "remote"}
    if to_file:
        fields = {key: value for key, value in fields.items() if key not in _REMOTE}
    try:
        made = RoleSetting.model_validate({**fields, **change})
        return Settings.model_validate({**settings.model_dump(), "roles": {**_dumped(settings), role: made}})
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        text = f"`{name}`: {said[:1].lower()}{said[1:]}" if name else said
        raise Refused(f"This cannot be set: {text.rstrip('.')}.", where=f"role {role}") from None


def cleared(settings: Settings, role: str) -> Settings:
    """The settings without this role, or with its default. Refused for one that others fall back on."""
    if role not in settings.roles:
        raise Refused(f"There is no role {role!r} (there are: {', '.join(sorted(settings.roles))}).")
    relied = [name for name, other in settings.roles.items() if role in other.fallback and name != role]
    if relied and role not in DEFAULT_ROLES:
        raise Refused(f"The role {relied[0]!r} falls back on {role!r}.", remedy="Take it out there first (--fallback).")
    left = {name: one for name, one in _dumped(settings).items() if name != role}
    return Settings.model_validate({**settings.model_dump(), "roles": left})


def _dumped(settings: Settings) -> dict[str, Any]:
    return dict(settings.roles.items())


def check(settings: Settings, role: str, data: Path, wanted: Mapping[str, Sequence[str]]) -> list[str]:
    """Whether the role's model can be what is asked of it; sentences about what may surprise. Refused when it cannot.

    `wanted` says who uses the role: {"onnx" or "language": [workflow names]}.
    """
    setting = settings.roles[role]
    other = "language" if setting.kind == "onnx" else "onnx"
    if wanted.get(other):
        needs = "a language model" if other == "language" else "an ONNX model"
        names = ", ".join(sorted(set(wanted[other])))
        raise Refused(f"{names} needs {needs} in the role `{role}`, and this is none.", remedy="Use another role.")
    if setting.kind == "remote":
        return [f"`{role}` is asked over the network now."] if setting.on_network else []
    path = model_path(setting, data)
    if not path.is_file():
        raise Refused("There is no such model file.", where=str(path), remedy="`signalboxctl models list` names them.")
    facts = facts_of(path)
    if facts.kind == "lora":
        raise Refused(f"{path.name} is an adapter, not a model.", remedy="Add it to a role with --lora.")
    if facts.kind != setting.kind:
        raise Refused(f"{path.name} is of another kind than {setting.kind}.")
    lora_file.ready(setting.lora, path, data)
    return [*_memory(settings, setting, role, path, data), *_context(setting, facts)]


def _memory(settings: Settings, setting: RoleSetting, role: str, path: Path, data: Path) -> list[str]:
    need, budget = need_for(setting, data).total, budget_of(settings.memory)
    if need > budget:
        most = largest_context(path, budget) if setting.kind == "gguf" else 0
        remedy = f"Say --context {most} or less." if most else "Choose a smaller model."
        said = f"{path.name} needs {amount(need)} of memory, and models may take {amount(budget)} on this PC."
        raise Refused(said, remedy=remedy)
    others = {
        model_path(one, data): one for name, one in settings.roles.items() if one.kind != "remote" and name != role
    }
    total = need
    for place, one in others.items():
        if place != path and place.is_file():
            total += need_for(one, data).total
    if total > budget:
        return [f"All models together need {amount(total)}, and may take {amount(budget)}: they take turns in memory."]
    return []


def _context(setting: RoleSetting, facts: Facts) -> list[str]:
    if setting.kind == "gguf" and facts.context is not None and setting.n_ctx > facts.context:
        return [f"The model was made for {facts.context:,} tokens of context; more than that is not used."]
    return []
