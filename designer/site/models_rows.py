"""Roles and model files as rows of one list."""

from __future__ import annotations

from designer.resources import tr
from designer.site.facts import ModelFile, Models, Role
from designer.site.rows import Mark, Row
from designer.site.uses import Uses
from designer.site.words import KINDS, PLACE_ICONS, PLACES, rate, size, tokens, word

KIND_ICONS = {"gguf": "message-square-text", "onnx": "activity", "remote": "cloud", "lora": "layers"}
KIND_TONES = {"gguf": "Models", "onnx": "Data", "remote": "Control", "lora": "Tools"}


def rows_of(models: Models, uses: Uses | None) -> list[Row]:
    """Roles first, then files; each under its head."""
    roles = [_role(role, models, uses) for role in models.roles]
    files = [_file(file) for file in models.files]
    return [
        *([Row("", tr("Roles", "site"), right=str(len(roles)))] if roles else []),
        *roles,
        *([Row("", tr("Model files", "site"), right=str(len(files)))] if files else []),
        *files,
    ]


def context_of(role: Role, models: Models, uses: Uses | None) -> int | None:
    """The context that a role is set to use; None for what has none."""
    setting = uses.settings.get(role.name) if uses is not None else None
    return setting.n_ctx if setting is not None and role.kind == "gguf" else None


def kind_mark(kind: str) -> Mark:
    """The chip that says what runs a model."""
    return Mark(word(KINDS, kind), KIND_TONES.get(kind, "muted"))


def place_mark(placement: str) -> Mark:
    """The chip that says where a model or a tool runs."""
    return Mark(word(PLACES, placement), "warning" if placement == "cloud" else "muted", PLACE_ICONS.get(placement, ""))


def _role(role: Role, models: Models, uses: Uses | None) -> Row:
    marks = [kind_mark(role.kind)] if role.kind else []
    if role.placement:
        marks.append(place_mark(role.placement))
    context = context_of(role, models, uses)
    below = "  ·  ".join(
        part
        for part in (tr("{n} context", "site").format(n=tokens(context)) if context else "", size(role.memory))
        if part
    )
    return Row(
        f"role:{role.name}",
        role.name,
        "circle-alert" if role.fault else KIND_ICONS.get(role.kind, "brain"),
        "danger" if role.fault else "Models",
        tuple(marks),
        role.model + (f"  ·  {role.label}" if role.label else ""),
        rate(role.speed.answer) if role.speed and role.speed.answer else "",
        below,
        role.fault,
        "danger",
        (role.name, *role.fallback) if role.fallback else (),
        " ".join((role.label, *role.lora)),
    )


def _file(file: ModelFile) -> Row:
    used = (
        tr("for {roles}", "site").format(roles=", ".join(file.used_by)) if file.used_by else tr("for no role", "site")
    )
    where = tr("came with the program", "site") if file.shipped else ""
    return Row(
        f"file:{file.name}",
        file.name,
        "circle-alert" if file.fault else "layers" if file.kind == "lora" else "file",
        "danger" if file.fault else "muted",
        (kind_mark(file.kind),) if file.kind else (),
        "  ·  ".join(part for part in (used, where) if part),
        size(file.bytes),
        rate(file.speed.answer) if file.speed and file.speed.answer else "",
        file.fault,
        "danger",
        (),
        f"{file.architecture} {file.license} {file.note}",
    )
