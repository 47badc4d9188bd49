"""What an expression may name at a node, and what it would give: pure; feeds completion and live previews."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from designer.document.fields import Schema, arguments, kind_of, kind_of_schema, properties, schema_at
from designer.document.ports import all_ports
from designer.resources import tr, tr_later
from engine.errors import StepError
from engine.expressions import (
    ExpressionError,
    References,
    evaluate_bool,
    format_value,
    parse,
    path_text,
)
from engine.expressions import (
    condition as read_condition,
)
from engine.nodes.catalog import shape_of
from engine.workflow.model import Workflow
from engine.workflow.order import Order, analyse
from engine.workflow.shape import Port

Values = Mapping[str, Any]
"""The last run's values as an expression sees them: `input` (by port), `steps` (key -> {"output", "outputs", "error"}),
`run` ({"inputs", "id"}), `item`, `index`. Whatever is not known is left out."""
_DEPTH, _FIELDS = 3, 40
_LONGEST, _WHOLE = 60, 4000
_UNKNOWN = object()


@dataclass(frozen=True, slots=True)
class Completion:
    """One name that an expression may use: the whole path, such as `steps.triage.output.severity`.

    `kind` is a port type, "function" or "step"; `preview` its value in the last run as a short text.
    """

    path: str
    kind: str = "any"
    help: str = ""
    preview: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a text with expressions comes to: its value in the last run, a fault, or that nothing is known yet."""

    state: Literal["value", "fault", "unknown"]
    text: str


def completions(workflow: Workflow, key: str, last_values: Values, param: str = "") -> list[Completion]:
    """All names that an expression of this node may use: its inputs, the steps before it (nearest first), the run.

    `param` narrows it down to one param where that matters (a loop's `until`, the `inputs` of each). Without a node
    (key ""), the names that the workflow's outputs may use.
    """
    order = analyse(workflow, shape_of)
    found = [] if not key else _inputs(workflow, order, key, last_values, param)
    if key in workflow.by_key and order.shape[key].kind == "each" and param in ("", "inputs"):
        item = last_values.get("item", _UNKNOWN)
        found += _named(("item",), {}, item, "any", tr_later("One item of the list.", "nodes"))
        found.append(
            Completion(
                "index", "number", tr("Its place in the list, from 0.", "nodes"), _short(last_values.get("index"))
            )
        )
    found += _steps(workflow, order, key, last_values, param)
    inputs = _at(last_values, "run", "inputs")
    for name, schema in workflow.inputs.items():
        value = inputs.get(name, _UNKNOWN) if isinstance(inputs, Mapping) else _UNKNOWN
        found += _named(("run", "inputs", name), schema, value, "any", str(schema.get("description", "")))
    return [
        *found,
        Completion("run.id", "text", tr("The run's own name.", "nodes"), _short(_at(last_values, "run", "id"))),
    ]


def evaluate(text: str, values: Values, condition: bool = False) -> Preview:
    """What a text with `{{ }}` (`condition`: a bare expression that is true or false) comes to on these values."""
    try:
        if condition:
            expression = read_condition(text)
            if missing := _missing(expression.references, values):
                return Preview("unknown", missing)
            return Preview("value", "true" if evaluate_bool(expression, values) else "false")
        template = parse(text)
        if missing := _missing(template.references, values):
            return Preview("unknown", missing)
        return Preview("value", _cut(format_value(template.render(values)), _WHOLE))
    except ExpressionError as fault:
        at = " (" + tr("at character {n}").format(n=fault.position + 1) + ")" if fault.position else ""
        return Preview("fault", f"{_sentence(fault.message).rstrip('.')}{at}.")
    except StepError as fault:
        return Preview("fault", _sentence(fault.message))


def _missing(references: References, values: Values) -> str:
    """The first name of which the last run knows nothing, in a sentence; "" when all are known."""
    for path in sorted(references.paths, key=str):
        depth = {"steps": 2, "input": 2, "run": 3 if path[1:2] == ("inputs",) else 2}.get(str(path[0]), 1)
        if _at(values, *path[:depth]) is _UNKNOWN:
            return tr("`{name}` has no value yet: run the workflow once.").format(name=path_text(path[:depth]))
    return ""


def _inputs(workflow: Workflow, order: Order, key: str, values: Values, param: str) -> list[Completion]:
    """What comes in: by port, or as arguments where an agent calls the node."""
    node = workflow.by_key.get(key)
    if node is None:
        return []
    known = _at(values, "input")
    known = known if isinstance(known, Mapping) else {}
    users = [agent for agent, tools in order.tools.items() if key in tools]
    found: list[Completion] = []
    if users:
        for name, schema in properties(arguments(node)).items():
            help = str(schema.get("description", "")) or tr_later("What the agent gives.", "nodes")
            found += _named(("input", name), schema, known.get(name, _UNKNOWN), "any", help)
        return found
    kind = order.shape[key].kind
    if kind == "loop" and param in ("", "until"):
        told = (
            ("again", tr_later("What the round ended with.", "nodes")),
            ("round", tr_later("The number of the round, from 1.", "nodes")),
        )
        for name, help in told:
            kind_ = "number" if name == "round" else "any"
            found += _named(("input", name), {}, known.get(name, _UNKNOWN), kind_, help)
    if kind == "merge":
        return found
    ports = all_ports(workflow)
    types = {port.name: port for port in ports[key][0]}
    fed = {edge.into: edge for edge in reversed(workflow.edges) if edge.target == key}
    for name in [name for name in types if name in fed]:
        if (kind == "loop" and name == "again") or types[name].type == "capability":
            continue
        source = workflow.by_key.get(fed[name].source)
        schema = schema_at(source, fed[name].out) if source is not None else {}
        outs = {port.name: port for port in ports[source.key][1]} if source is not None else {}
        type_ = types[name].type if types[name].type != "any" else outs.get(fed[name].out, Port("")).type
        found += _named(("input", name), schema, known.get(name, _UNKNOWN), type_, types[name].help)
    return found


def _steps(workflow: Workflow, order: Order, key: str, values: Values, param: str) -> Iterator[Completion]:
    known = _at(values, "steps")
    ports = all_ports(workflow)
    for other in _before(workflow, order, key, param):
        node, shape = workflow.by_key[other], order.shape[other]
        value = known.get(other) if isinstance(known, Mapping) else None
        outputs = _at(value, "outputs") if isinstance(value, Mapping) else {}
        outputs = outputs if isinstance(outputs, Mapping) else {}
        yield Completion(f"steps.{other}", "step", node.title or shape.kind, "")
        types = {port.name: port for port in ports[other][1] if port.type != "capability"}
        main = shape.main if shape.main in types else next(iter(types), "output")
        port = types.get(main, Port(main))
        given = value.get("output", _UNKNOWN) if isinstance(value, Mapping) else _UNKNOWN
        yield from _named(("steps", other, "output"), schema_at(node, main), given, port.type, port.help)
        for name, port in types.items():
            if name == main or (name == "error" and node.policy.on_error != "route"):
                continue
            path = ("steps", other, "outputs", name)
            yield from _named(path, schema_at(node, name), outputs.get(name, _UNKNOWN), port.type, port.help, depth=2)


def _before(workflow: Workflow, order: Order, key: str, param: str) -> list[str]:
    """The nodes whose steps may be named here, nearest first; all others where the drawing makes no sense yet."""
    tools = {tool for tools in order.tools.values() for tool in tools} - set(order.scope)
    if not order.scope or (key and key not in order.scope and key not in tools):
        return [other for other in workflow.by_key if other != key and other not in tools]
    seen: set[str] = set()
    if not key:
        seen = {other for other in order.scope if other in workflow.by_key}
    elif key in order.scope:
        seen |= order.ancestors(key)
        if order.shape[key].kind == "loop" and param in ("", "until"):
            seen |= order.seen_by_until(key)
    for agent, wired in order.tools.items():
        if key in wired and agent in order.scope:
            seen |= order.ancestors(agent)
    return sorted(seen - {key} - tools, key=order.rank.__getitem__, reverse=True)


def _named(
    path: tuple[str, ...], schema: Schema, value: Any, kind: str, help: str, depth: int = _DEPTH
) -> list[Completion]:
    """A name and the fields below it, from the last value where there is one, else from its schema."""
    known = value is not _UNKNOWN
    kind = kind_of(value) if known and value is not None else kind_of_schema(schema, kind)
    found = [Completion(path_text(path), kind, tr(help, "nodes"), _short(value))]
    fields = properties(schema)
    if known and isinstance(value, Mapping):
        names = [*(str(name) for name in value), *(name for name in fields if name not in value)]
    else:
        names = [*fields]
    for name in names[:_FIELDS] if depth else ():
        inner = value.get(name, _UNKNOWN) if known and isinstance(value, Mapping) else _UNKNOWN
        below = fields.get(name, {})
        found += _named((*path, name), below, inner, "any", str(below.get("description", "")), depth - 1)
    return found


def _at(value: Any, *path: str | int) -> Any:
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            return _UNKNOWN
        value = value[part]
    return value


def _short(value: Any) -> str:
    if value is _UNKNOWN or value is None:
        return ""
    if isinstance(value, list) and len(value) > 3:
        return tr("{n} items").format(n=len(value))
    return _cut(" ".join(format_value(value).split()), _LONGEST)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] if not text.startswith("`") else text
