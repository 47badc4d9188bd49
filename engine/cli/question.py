"""A question at the terminal: what is asked and what it is about, then an answer that nobody gives by accident."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.cli.failures import plain
from engine.cli.output import clock, console, short
from engine.cli.terminal import Keyboard
from engine.errors import Refused
from engine.ids import step_text
from engine.observe.records import QuestionTrace
from engine.workflow.values import parse_json

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

RISKS = {"low": "green", "medium": "yellow", "high": "red", "irreversible": "bold red"}
EDITING = ("approve_with_changes", "value", "happened")
FILLING = ("approve", "approve_with_changes", "submit")
COMMENTING = ("send_back", "refuse")
WIDEST = 100
"""Characters of a question's frame: longer lines are harder to read, and a pipe has no width of its own."""


@dataclass(frozen=True)
class Answer:
    """What the person chose: the request's payload without the question's id."""

    option: str
    values: dict[str, Any] | None = None
    comment: str = ""


def show(question: QuestionTrace, out: Console | None = None) -> None:
    """Print the question: headline, risk, text, value, evidence and options; without `out`, on stdout."""
    from rich import box
    from rich.console import Group
    from rich.panel import Panel
    from rich.text import Text

    form = question.form
    parts: list[RenderableType] = [Text(_lines(form.get("headline", "")), style="bold")]
    if form.get("body"):
        parts += ["", Text(_lines(form["body"]))]
    if form.get("value") is not None:
        parts += ["", _fields(form["value"], _editable(form))]
    if form.get("evidence"):
        parts += ["", Text("evidence", style="dim"), _fields(form["evidence"], ())]
    notes = ["* may be changed"] if form.get("value") and _editable(form) != () else []
    if question.due is not None:
        then = {"expire": "it expires", "escalate": "it goes to somebody else"}.get(
            question.on_deadline, question.on_deadline
        )
        notes.append(f"until {clock(question.due)}, then: {then}")
    if notes:
        parts += ["", Text("; ".join(notes), style="dim")]
    if question.required > 1:
        given = ", ".join(answer.by for answer in question.answers) or "nobody yet"
        parts += ["", Text(f"{question.required} people must approve; so far: {given}", style="dim")]
    risk = str(form.get("risk", ""))
    title = Text.assemble(step_text(question.node, question.visit), " · ", question.id)
    if risk:
        title.append(f" · {risk} risk", style=RISKS.get(risk, ""))
    out = out or console()
    out.print()
    width = min(out.width, WIDEST)
    out.print(Panel(Group(*parts), title=title, title_align="left", box=box.ROUNDED, padding=(0, 1), width=width))
    for number, option in enumerate(_options(form), 1):
        out.print(Text.assemble("  ", (str(number), "bold cyan"), "  ", str(option.get("label", option["name"]))))


async def ask(question: QuestionTrace, keyboard: Keyboard) -> Answer | None:
    """Ask until there is an answer; None at the end of input. Enter alone answers nothing."""
    form = question.form
    options = _options(form)
    while True:
        typed = await keyboard.line(f"Your answer, 1 to {len(options)} (Ctrl-D leaves it waiting): ")
        if typed is None:
            return None
        option = _chosen(typed.strip(), options)
        if option is None:
            print("Type the number of an option; Enter alone answers nothing.")
            continue
        answer = await _complete(form, option, keyboard)
        if answer == "back":
            continue
        return answer  # type: ignore[return-value]


def _chosen(typed: str, options: list[dict[str, Any]]) -> str | None:
    if typed.isdecimal() and 1 <= int(typed) <= len(options):
        return str(options[int(typed) - 1]["name"])
    return next((str(option["name"]) for option in options if typed and typed == option["name"]), None)


async def _complete(form: dict[str, Any], option: str, keyboard: Keyboard) -> Answer | str | None:
    """The chosen option with its values and comment; "back" to choose again, None at the end of input."""
    values: dict[str, Any] = {}
    comment = ""
    if option in EDITING:
        edited = await edit(form.get("value"), _editable(form), keyboard)
        if edited is None:
            return None
        values["value"] = edited[0]
        if option == "approve_with_changes" and edited[0] == form.get("value"):
            print("Nothing was changed; choose again.")
            return "back"
    if form.get("form") and option in FILLING:
        filled = await fill(form["form"], keyboard)
        if filled is None:
            return None
        values["form"] = filled
    if option in COMMENTING:
        said = await keyboard.line("Comment (may be empty): ")
        if said is None:
            return None
        comment = said.strip()
    if (form.get("risk") == "irreversible" and option in FILLING) or "value" in values:
        if "value" in values:
            console().print(_fields(values["value"], ()))
        word = "yes"
        sure = await keyboard.line(f"This is what will be used. Type {word} to confirm: " if "value" in values else
                                   f"This cannot be undone. Type {word} to confirm: ")  # fmt: skip
        if sure is None:
            return None
        if sure.strip().lower() != word:
            print("Not confirmed; choose again.")
            return "back"
    return Answer(option, values or None, comment)


async def edit(value: Any, editable: tuple[str, ...] | None, keyboard: Keyboard) -> tuple[Any] | None:
    """The value after editing, in a tuple; None at the end of input. Objects field by field, anything else as JSON."""
    if isinstance(value, dict) and value:
        changed = dict(value)
        for name in value:
            if editable is not None and name not in editable:
                continue
            new = await _field(name, value[name], keyboard)
            if new is None:
                return None
            changed[name] = new[0]
        return (changed,)
    return await _field("value", value, keyboard)


async def _field(name: str, old: Any, keyboard: Keyboard) -> tuple[Any] | None:
    text_field = isinstance(old, str)
    shown = old if text_field else json.dumps(old, ensure_ascii=False)
    while True:
        typed = await keyboard.line(f"  {name} [{short(shown, 60)}]: ")
        if typed is None:
            return None
        if not typed.strip():
            return (old,)
        if text_field:
            return (typed.strip(),)
        try:
            return (parse_json(typed.strip()),)
        except Refused as fault:
            if old is None:
                return (typed.strip(),)
            print(f"  {fault.what} Enter keeps {short(shown, 40)}.")


async def fill(schema: dict[str, Any], keyboard: Keyboard) -> dict[str, Any] | None:
    """The fields of a form; None at the end of input."""
    from engine.nodes.schemas import value_fault

    values: dict[str, Any] = {}
    required = schema.get("required", [])
    for name, field in (schema.get("properties") or {}).items():
        field = field if isinstance(field, dict) else {}
        while True:
            typed = await keyboard.line(f"  {_label(name, field, name in required)}: ")
            if typed is None:
                return None
            found = _typed(typed.strip(), field)
            if found is None and name not in required:
                break
            fault = "a value is needed" if found is None else value_fault(field, found[0])
            if not fault:
                values[name] = found[0]  # type: ignore[index]
                break
            print(f"  {plain(fault).removesuffix(' at the top')}.")
    return values


def _label(name: str, field: dict[str, Any], required: bool) -> str:
    hints = [str(field["description"])] if field.get("description") else []
    if field.get("enum"):
        hints.append("one of " + ", ".join(map(str, field["enum"])))
    elif field.get("type") not in (None, "string"):
        hints.append(str(field["type"]))
    if "default" in field:
        hints.append(f"Enter for {short(field['default'], 30)}")
    elif not required:
        hints.append("may be empty")
    return plain(f"{name} ({'; '.join(hints)})" if hints else name)


def _typed(text: str, field: dict[str, Any]) -> tuple[Any] | None:
    if not text:
        return (field["default"],) if "default" in field else None
    if field.get("type") == "boolean" and text.lower() in ("y", "yes", "n", "no"):
        return (text.lower() in ("y", "yes"),)
    if field.get("type") == "string" or (field.get("enum") and text in field["enum"]):
        return (text,)
    try:
        return (parse_json(text),)
    except Refused:
        return (text,)


def _fields(value: Any, editable: tuple[str, ...] | None) -> RenderableType:
    """An object as a small table, one field a row; anything else as indented JSON."""
    from rich.table import Table
    from rich.text import Text

    if not isinstance(value, dict) or not value:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2, default=str)
        return Text(_lines(text))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, item in value.items():
        text = item if isinstance(item, str) else json.dumps(item, ensure_ascii=False, default=str)
        mark = " *" if editable is None or name in editable else ""
        table.add_row(plain(str(name)) + mark, Text(_lines(text)))
    return table


def _editable(form: dict[str, Any]) -> tuple[str, ...] | None:
    """Names of the fields that may be changed; None for all, () for none."""
    editable = form.get("editable", False)
    return None if editable is True else tuple(map(str, editable or ()))


def _options(form: dict[str, Any]) -> list[dict[str, Any]]:
    return [option for option in form.get("options", ()) if isinstance(option, dict) and "name" in option]


def _lines(text: Any) -> str:
    """Text as its lines, without control characters: a model or a server may have written it."""
    return "\n".join("".join(char if char.isprintable() else " " for char in line) for line in str(text).splitlines())
