"""What there is, for people and programs: roles, model files, and the memory that they share. Nothing is loaded."""

from __future__ import annotations

import platform as python_platform
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.errors import Refused, StepError
from engine.models import adding, files, lora_file
from engine.models.gguf_file import read_gguf
from engine.models.keeper import RECORD
from engine.models.library import (
    FOLDER,
    UNKNOWN,
    Entry,
    Index,
    changing,
    facts_of,
    known_sha256,
    places,
    read_index,
    shipped,
    speed_of,
)
from engine.models.need import Need, budget_of, gguf_need, need_of, too_large
from engine.models.service import Models
from engine.platform import lock_owner
from engine.settings import RoleSetting, Settings, file_path, model_path, resources_dir


def cpu_name() -> str:
    """The processor that speeds are measured on, as its maker calls it where that can be found out."""
    with suppress(OSError, UnicodeDecodeError):
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return python_platform.processor() or python_platform.machine() or "unknown"


def listing(data: Path, settings: Settings) -> dict[str, Any]:
    """{roles, files, memory, hub}, as `models list --json` prints it. New hashes are remembered where they can be."""
    if not (data / FOLDER).is_dir():  # looking makes nothing
        return _listing(data, settings, Index())
    try:
        with changing(data, 0.0) as index:
            return _listing(data, settings, index)
    except Refused:  # a folder that may not be written, or somebody adds a model just now
        return _listing(data, settings, read_index(data))


def _listing(data: Path, settings: Settings, index: Index) -> dict[str, Any]:
    cpu, budget = cpu_name(), budget_of(settings.memory)
    models = Models(settings, data)
    roles = [role_facts(name, data, settings, models, index, cpu) for name in sorted(settings.roles)]
    found = sorted(places(data, index).items(), key=lambda pair: pair[0].name.lower())
    own = set(shipped())
    return {
        "roles": roles,
        "files": [_file(path, entry, data, settings, index, cpu, path in own) for path, entry in found],
        "memory": memory(data, budget),
        "hub": {"enabled": settings.hub.enabled, "url": settings.hub.url},
    }


def memory(data: Path, budget: int) -> dict[str, Any]:
    """What the PC has, what models may take, and what a running engine has loaded (null: none runs)."""
    import psutil

    said = psutil.virtual_memory()
    sizes = {"total_bytes": int(said.total), "free_bytes": int(said.available), "budget_bytes": budget}
    engine = lock_owner(data / RECORD)
    return {
        **sizes,
        "engine": None if engine is None else {k: engine[k] for k in engine if k not in ("pid", "started")},
    }


def need_for(role: RoleSetting, data: Path) -> Need:
    """The memory that a role's model needs with the role's own context and adapters. Refused for no model."""
    adapters = [file_path(one.file, data) for one in role.lora]
    return need_of(model_path(role, data), role.kind, n_ctx=role.n_ctx, adapters=adapters)


def role_facts(
    name: str, data: Path, settings: Settings, models: Models, index: Index, cpu: str = ""
) -> dict[str, Any]:
    """One role: what stands behind it, what it needs, how fast it was here, and what is wrong with it."""
    role = settings.roles[name]
    rules = ("prefer", "max_latency_s", "max_first_s", "max_cost", "max_cost_call", "data")
    rule = {key: getattr(role, key) for key in rules}
    one: dict[str, Any] = {
        "role": name, "kind": role.kind, "model": role.model, "path": "", "bytes": None, "sha256": None, "label": "",
        "fault": "", "placement": "cloud" if role.in_cloud else "edge", "fallback": list(role.fallback), "rule": rule,
        "lora": [{"file": lora.file, "scale": lora.scale} for lora in role.lora], "n_ctx": role.n_ctx,
        "threads": role.threads, "max_tokens": role.max_tokens, "unsure_below": role.unsure_below,
        "provider": role.provider, "url": role.url, "key": role.key, "memory_bytes": None, "speed": None,
    }  # fmt: skip
    if role.kind == "remote":
        said = models.describe(name)
        return {**one, "provider": said["provider"], "label": f"{said['provider']}, {said['host']}"}
    path = model_path(role, data)
    one |= {"path": str(path), "label": files.label(path, resources_dir())}
    try:
        if not path.is_file():
            models.describe(name)  # says in one sentence where it should be
        facts = facts_of(path)
        one |= {"bytes": facts.bytes, "sha256": known_sha256(index, facts.files)}
        one |= {"memory_bytes": need_for(role, data).total, "speed": speed_of(index, str(one["sha256"]), cpu)}
        files.check_model_file(path, role.kind)
        lora_file.ready(role.lora, path, data)
        budget = budget_of(settings.memory)
        if one["memory_bytes"] > budget:
            one["fault"] = too_large(path.name, one["memory_bytes"], budget)
    except (Refused, StepError) as fault:
        one["fault"] = str(fault)
    return one


def _file(
    path: Path, entry: Entry | None, data: Path, settings: Settings, index: Index, cpu: str, own: bool
) -> dict[str, Any]:
    one: dict[str, Any] = {
        "name": entry.name if entry else path.name, "path": str(path), "bytes": entry.bytes if entry else None,
        "sha256": entry.sha256 if entry else None, "kind": entry.kind if entry else path.suffix.lower()[1:],
        "architecture": "", "context": None, "title": "", "license": entry.license if entry else UNKNOWN,
        "note": entry.note if entry else "", "source": entry.source if entry else "", "memory_bytes": None,
        "added": entry.added if entry else None, "linked": bool(entry and entry.path), "speed": None, "shipped": own,
        "used_by": adding.users(path, settings, data), "template": False, "fault": "",
    }  # fmt: skip
    if own:
        one |= {"license": "Apache-2.0", "source": "came with the program", "note": files.label(path, resources_dir())}
    try:
        facts = facts_of(path)
        sha = known_sha256(index, facts.files)
        one |= {"bytes": facts.bytes, "kind": facts.kind, "architecture": facts.architecture, "sha256": sha}
        one |= {"context": facts.context, "title": facts.title, "template": bool(facts.template)}
        one |= {"memory_bytes": facts.need, "speed": speed_of(index, sha, cpu)}
        if entry is None and not own:
            one["license"] = facts.license
        if entry is not None and sha != entry.sha256:
            one["fault"] = f"{path.name} is not the file that was added: its SHA-256 is another one."
    except Refused as fault:
        one["fault"] = str(fault)
    except OSError as fault:
        one["fault"] = f"The model file cannot be read: {fault.strerror}."
    return one


def largest_context(path: Path, budget: int) -> int:
    """The longest context, in steps of 256 tokens, with which a GGUF fits the budget; 0 when none does."""
    header = read_gguf(path)
    most = header.number("context_length", 1024)
    fits = [n for n in range(256, most + 256, 256) if gguf_need(header, n_ctx=min(n, most)).total <= budget]
    return min(fits[-1], most) if fits else 0
