"""Roles and model files as rows of one list."""

from __future__ import annotations

from designer.engine_link.durations import took
from designer.resources import tr
from designer.site.facts import ModelFile, Models, Role, Speed
from designer.site.rows import Mark, Row
from designer.site.words import KINDS, PLACE_ICONS, PLACES, rate, size, tokens, word

KIND_ICONS = {"gguf": "message-square-text", "onnx": "activity", "remote": "cloud", "lora": "layers"}
KIND_TONES = {"gguf": "Models", "onnx": "Data", "remote": "Control", "lora": "Tools"}


def rows_of(models: Models) -> list[Row]:
    """Roles first, then files; each under its head."""
    roles = [_role(role) for role in models.roles]
    files = [_file(file) for file in models.files]
    return [
        *([Row("", tr("Roles", "site"), right=str(len(roles)))] if roles else []),
        *roles,
        *([Row("", tr("Model files", "site"), right=str(len(files)))] if files else []),
        *files,
    ]


def speed_mark(speed: Speed | None) -> str:
    """The one figure that tells how fast a model is here; "" when nobody has measured it."""
    if speed is None:
        return ""
    if speed.answer:
        return rate(speed.answer)
    return tr("{time} each", "site").format(time=took(speed.infer_s)) if speed.infer_s else ""


def kind_mark(kind: str) -> Mark:
    """The chip that says what runs a model."""
    return Mark(word(KINDS, kind), KIND_TONES.get(kind, "muted"))


def place_mark(placement: str) -> Mark:
    """The chip that says where a model or a tool runs."""
    return Mark(word(PLACES, placement), "warning" if placement == "cloud" else "muted", PLACE_ICONS.get(placement, ""))


def _role(role: Role) -> Row:
    marks = [kind_mark(role.kind)] if role.kind else []
    if role.placement:
        marks.append(place_mark(role.placement))
    context = role.context if role.kind == "gguf" else None
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
        speed_mark(role.speed),
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
        speed_mark(file.speed),
        file.fault,
        "danger",
        (),
        f"{file.architecture} {file.license} {file.note}",
    )
