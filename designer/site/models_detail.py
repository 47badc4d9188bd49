"""What belongs to one role or one model file: how it is, how it is set, who uses it, what can be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from designer.engine_link.durations import took
from designer.resources import tr
from designer.site.chain_view import ChainView
from designer.site.facts import ModelFile, Models, Role, Speed, Use
from designer.site.models_actions import ModelsActions
from designer.site.models_rows import KIND_ICONS, KIND_TONES, place_mark
from designer.site.panes import Icon, act, beside, boxed, facts, stacked, titled, trouble
from designer.site.progress import Progress
from designer.site.role_form import RoleForm
from designer.site.uses import Uses
from designer.site.words import KINDS, ago, rate, size, tokens, word
from designer.theme import space
from designer.widgets import Chip, ElidedLabel, button, label, visible

Open = Callable[[str], None]


def head(icon: str, tone: str, title: str, line: str, *chips: Chip) -> QWidget:
    """The name of what is shown, with its chips and what it is."""
    name = ElidedLabel(visible(title), role="heading")
    top = beside(name, *chips, stretch=False)
    top.setStretch(0, 1)
    words = boxed(stacked(boxed(top), ElidedLabel(visible(line), role="small"), gap=2))
    row = beside(gap=space.M, stretch=False)
    row.addWidget(Icon(icon, tone, 24), 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(words, 1)
    return boxed(row)


def speed_words(speed: Speed | None) -> str:
    """What was measured, or that nothing was."""
    if speed is None or not (speed.answer or speed.prompt or speed.infer_s):
        return tr("Not measured on this PC yet", "site")
    if speed.infer_s:
        each = tr("{time} for one inference", "site").format(time=took(speed.infer_s))
        return f"{each}  ·  " + tr("measured {when}", "site").format(when=ago(speed.at)) if speed.at else each
    parts = [rate(speed.answer) + " " + tr("answering", "site") if speed.answer else ""]
    parts.append(rate(speed.prompt) + " " + tr("reading", "site") if speed.prompt else "")
    parts.append(tr("measured {when}", "site").format(when=ago(speed.at)) if speed.at else "")
    return "  ·  ".join(part for part in parts if part)


def rule_words(rule: Mapping[str, Any]) -> str:
    """Who of a chain is asked, and where texts may go, in a sentence or two."""
    first = {
        "listed": tr("Asked in this order.", "site"),
        "local_first": tr("Those on this PC are asked first.", "site"),
        "fast": tr("Whose recent answers were quickest is asked first.", "site"),
        "cheap": tr("What costs least is asked first.", "site"),
    }
    parts = [first.get(str(rule.get("prefer")), "")]
    if rule.get("max_latency_s"):
        parts.append(tr("After {n} s the next is asked.", "site").format(n=f"{rule['max_latency_s']:g}"))
    if rule.get("max_cost") is not None:
        parts.append(tr("A run may cost {n} at most.", "site").format(n=f"{rule['max_cost']:g}"))
    reach = {
        "edge": tr("Texts never leave this PC.", "site"),
        "site": tr("Texts stay on this site.", "site"),
    }
    parts.append(reach.get(str(rule.get("data")), ""))
    return " ".join(part for part in parts if part)


def uses_list(uses: tuple[Use, ...], open_workflow: Open, none: str) -> QWidget:
    """The workflows that use something; each opens."""
    if not uses:
        return label(none, "muted", wrap=True)
    parts: list[QWidget] = []
    for name in dict.fromkeys(use.workflow for use in uses):
        those = [use for use in uses if use.workflow == name]
        link = button(visible(those[0].title or name), "link")
        link.clicked.connect(lambda _=False, name=name: open_workflow(name))
        nodes = ElidedLabel(", ".join(use.node for use in those if use.node), role="small")
        row = beside(link, nodes, stretch=False)
        row.setStretch(1, 1)
        parts.append(boxed(row))
    return boxed(stacked(*parts, gap=0))


def role_parts(
    role: Role, models: Models, uses: Uses | None, actions: ModelsActions, form: RoleForm | None, go: Open, open_: Open
) -> list[QWidget]:
    """Everything about a role; `go(role)` shows another one, `open_(workflow)` opens a drawing."""
    key = f"role:{role.name}"
    chips = [Chip(word(KINDS, role.kind), KIND_TONES.get(role.kind, "muted"))] if role.kind else []
    if role.placement:
        mark = place_mark(role.placement)
        chips.append(Chip(mark.text, mark.tone, mark.icon))
    parts = [head(KIND_ICONS.get(role.kind, "brain"), "Models", role.name, role.label or role.model, *chips)]
    if role.fault:
        parts.append(trouble(role.fault, "danger", act(tr("Choose a model…", "site"), lambda: actions.ask_swap(role))))
    pairs = [
        (tr("Model", "site"), role.model, True),
        (tr("Path", "site"), role.path, True),
        (tr("Size", "site"), size(role.bytes), False),
        (tr("In memory", "site"), size(role.memory), False),
        (tr("SHA-256", "site"), role.sha256, True),
        (tr("Adapters", "site"), ", ".join(role.lora), False),
        (tr("Speed", "site"), speed_words(role.speed) if role.kind != "remote" else "", False),
    ]
    parts.append(boxed(stacked(facts(pairs), _role_buttons(role, actions, key), gap=space.M)))
    if key in actions.calls:
        parts.append(Progress(tr("Measuring {name} …", "site").format(name=role.name)).follow(actions.calls[key]))
    if role.fallback:
        chain = ChainView((role.name, *role.fallback), models.roles)
        chain.chosen.connect(go)
        parts.append(titled(tr("When it does not answer", "site"), chain, note=rule_words(role.rule or {})))
    if form is not None:
        parts.append(titled(tr("Settings", "site"), form))
    used = uses.roles.get(role.name, ()) if uses is not None else ()
    none = tr("No workflow of the library asks this role.", "site")
    parts.append(titled(tr("Used by", "site"), uses_list(used, open_, none)))
    return parts


def _role_buttons(role: Role, actions: ModelsActions, key: str) -> QWidget:
    swap = act(tr("Swap model…", "site"), lambda: actions.ask_swap(role), "", "refresh-cw")
    measure = act(tr("Measure on this PC", "site"), lambda: actions.measure(key, "--role", role.name), "", "gauge")
    if role.kind == "remote":
        measure.hide()
    measure.setEnabled(not role.fault and key not in actions.calls)
    return boxed(beside(swap, measure))


def file_parts(file: ModelFile, actions: ModelsActions, go: Open, use: Callable[[ModelFile], None]) -> list[QWidget]:
    """Everything about a model file."""
    key = f"file:{file.name}"
    chips = [Chip(word(KINDS, file.kind), KIND_TONES.get(file.kind, "muted"))] if file.kind else []
    if file.shipped:
        chips.append(Chip(tr("came with the program", "site"), "muted"))
    parts = [head(KIND_ICONS.get(file.kind, "file"), "Models", file.name, file.architecture or file.note, *chips)]
    if file.fault:
        parts.append(trouble(file.fault))
    context = tr("{n} tokens", "site").format(n=tokens(file.context)) if file.context else ""
    pairs = [
        (tr("Path", "site"), file.path, True),
        (tr("Size", "site"), size(file.bytes), False),
        (tr("In memory", "site"), size(file.memory), False),
        (tr("SHA-256", "site"), file.sha256, True),
        (tr("Kind", "site"), file.architecture, False),
        (tr("Context", "site"), context, False),
        (tr("Licence", "site"), file.license or tr("nobody has noted one", "site"), False),
        (tr("Note", "site"), file.note, False),
        (tr("Speed", "site"), speed_words(file.speed) if file.kind != "lora" else "", False),
    ]
    take = act(tr("Use for a role…", "site"), lambda: use(file), "", "brain")
    take.setEnabled(not file.fault and file.kind != "lora")
    measure = act(tr("Measure on this PC", "site"), lambda: actions.measure(key, file.name), "", "gauge")
    if file.kind == "lora":
        measure.hide()
    measure.setEnabled(not file.fault and key not in actions.calls)
    remove = act(tr("Remove…", "site"), lambda: actions.ask_remove(file), "", "trash-2")
    remove.setEnabled(not file.shipped)
    parts.append(boxed(stacked(facts(pairs), boxed(beside(take, measure, remove)), gap=space.M)))
    if key in actions.calls:
        parts.append(Progress(tr("Measuring {name} …", "site").format(name=file.name)).follow(actions.calls[key]))
    links = [act(role, partial(go, role), "link") for role in file.used_by]
    body = boxed(beside(*links)) if links else label(tr("No role uses it.", "site"), "muted")
    parts.append(titled(tr("Roles", "site"), body))
    return parts
