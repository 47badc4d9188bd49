"""What belongs to one tool: what it may do and reach, its arguments, how it is, who uses it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from designer.resources import tr
from designer.site.facts import Change, Tool
from designer.site.models_detail import Open, head, uses_list
from designer.site.models_rows import place_mark
from designer.site.panes import act, beside, boxed, facts, stacked, titled, trouble
from designer.site.schema_table import schema_table
from designer.site.tools_model import health_words
from designer.site.words import APPROVAL_HELP, EFFECT_HELP, EFFECTS, RISKS, SOURCES, word
from designer.theme import space
from designer.widgets import Chip, Section, label, visible
from designer.widgets.changes import changes as differences
from designer.widgets.diff_view import change_row


def tool_parts(
    tool: Tool,
    check: Callable[[], None],
    server: Callable[[], None],
    block: Callable[[], None],
    open_: Open,
    busy: bool,
) -> list[QWidget]:
    """Everything about a tool; `server` shows the server that it belongs to."""
    mark = place_mark(tool.placement)
    risk = tr("{risk} risk", "site").format(risk=word(RISKS, tool.risk))
    chips = [Chip(mark.text, mark.tone, mark.icon), Chip(risk, tool.risk)]
    title = tool.name.partition("/")[2] if tool.kind == "mcp" else tool.title
    line = tr("{name}, of the server {server}", "site").format(name=tool.name, server=tool.server)
    parts = [head(tool.icon, "Tools", title, line if tool.kind == "mcp" else tool.name, *chips)]
    if tool.state == "blocked":
        parts.append(trouble(tool.sentence, "warning", act(tr("Look and decide…", "site"), server)))
    elif tool.state == "failed":
        parts.append(trouble(tool.sentence, "danger"))
    if tool.description:
        parts.append(inert(tool.description, framed=tool.kind == "mcp"))
    effects = "\n".join(f"{word(EFFECTS, one)}. {tr(EFFECT_HELP.get(one, ''), 'site')}" for one in tool.effects[-1:])
    if len(tool.effects) > 1:
        effects += "\n" + tr("By its arguments, also: {others}.", "site").format(
            others=", ".join(word(EFFECTS, one).lower() for one in tool.effects[:-1])
        )
    asked = tr(APPROVAL_HELP[tool.approval], "site") if tool.approval in APPROVAL_HELP else tool.approval
    pairs = [
        (tr("May reach", "site"), tool.reach, False),
        (tr("Repeating it", "site"), effects, False),
        (tr("A person is asked", "site"), asked, False),
        (tr("Results are from", "site"), word(SOURCES, tool.gives), False),
        (tr("Secrets", "site"), ", ".join(tool.secrets), False),
        (
            tr("Health", "site"),
            health_words(tool) + (f". {tool.sentence}" if tool.state == "ok" and tool.sentence else ""),
            False,
        ),
    ]
    parts.append(boxed(stacked(facts(pairs), _buttons(tool, check, server, block, busy), gap=space.M)))
    if tool.changes:
        parts.append(
            titled(tr("What changed since it was approved", "site"), *(change_parts(one) for one in tool.changes))
        )
    parts.append(titled(tr("Arguments", "site"), schema_table(tool.schema or {}, tool.chooses)))
    if tool.example:
        example = Section(tr("An example", "site"), open=False)
        text = label(tool.example.strip(), "mono", wrap=True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        example.add(text)
        parts.append(example)
    none = tr("No workflow of the library uses it.", "site")
    parts.append(titled(tr("Used by", "site"), uses_list(tool.used_by, open_, none)))
    return parts


def _buttons(
    tool: Tool, check: Callable[[], None], server: Callable[[], None], block: Callable[[], None], busy: bool
) -> QWidget:
    found = []
    if tool.checks:
        look = act(tr("Checking …" if busy else "Check now", "site"), check, "", "stethoscope")
        look.setEnabled(not busy)
        found.append(look)
    if tool.kind == "mcp":
        found.append(act(tr("Server", "site"), server, "", "server"))
        if tool.state != "blocked":
            found.append(act(tr("Block…", "site"), block, "", "ban"))
    return boxed(beside(*found))


def inert(text: str, *, framed: bool = True) -> QWidget:
    """Words of somebody else exactly as they are: no link, no markup, nothing hidden."""
    words = label(visible(text), wrap=True)
    words.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    if not framed:
        return words
    frame = QFrame()
    frame.setProperty("surface", "inset")
    column = QVBoxLayout(frame)
    column.setContentsMargins(space.M, space.S, space.M, space.S)
    column.addWidget(words)
    return frame


def change_parts(change: Change) -> QWidget:
    """One changed tool: each field, old and new."""
    rows: list[QWidget] = []
    for name, before, after in change.fields:
        shown = {"description": tr("Description", "site"), "input_schema": tr("Arguments", "site")}
        for one in differences(_shown(before), _shown(after), shown.get(name, name.replace("_", " "))):
            rows.append(change_row(one))
    if not rows:
        rows.append(label(visible(change.why), "muted", wrap=True))
    return boxed(stacked(*rows, gap=space.M))


def _shown(value: object) -> object:
    """Every text in a value with what hides made visible."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible(str(key)): _shown(one) for key, one in value.items()}
    return [_shown(one) for one in value] if isinstance(value, list) else value
