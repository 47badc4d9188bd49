"""What expressions of a node may name (SEMANTICS T19), with the values that the last run gave."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from designer.forms.scope import Completion, Preview, Scope
from designer.forms.values import one_line
from designer.resources import tr
from engine.checks.before import Before
from engine.errors import StepError
from engine.expressions import ExpressionError, condition, evaluate, parse
from engine.nodes.catalog import CATALOG, shape_of
from engine.observe.records import RunTrace, StepTrace
from engine.workflow.model import Node, Workflow
from engine.workflow.order import analyse
from engine.workflow.shape import Shape

_DEEP, _WIDE = 5, 60
_FUNCTIONS = {
    "size": "length of a text, list or map",
    "has": "whether a field is there: has(a.b)",
    "string": "as text",
    "int": "as a whole number",
    "double": "as a number",
    "matches": "text.matches('pattern')",
    "contains": "text.contains('part')",
    "startsWith": "text.startsWith('start')",
    "filter": "list.filter(x, x > 1)",
    "map": "list.map(x, x.name)",
    "exists": "list.exists(x, x > 1)",
    "all": "list.all(x, x > 1)",
}


def node_scope(
    workflow: Workflow,
    key: str | None,
    known: Mapping[str, Any] | None = None,
    offers: Mapping[str, tuple[str, ...]] | None = None,
) -> Scope:
    """The scope of a node's params (None: of the workflow's outputs). `known`: what `values` says of the last run."""
    node = workflow.by_key.get(key) if key is not None else None
    names = tuple(_names(workflow, node, known or {}))
    return Scope(names, _evaluator(known), offers or {})


def values(workflow: Workflow, trace: RunTrace | None, key: str | None = None) -> dict[str, Any] | None:
    """What a run has in scope for a node: `input`, `steps`, `run`; None without a run."""
    if trace is None:
        return None
    steps: dict[str, Any] = {}
    outputs: dict[str, Mapping[str, Any]] = {}
    for step in sorted(trace.steps.values(), key=lambda one: one.visit):
        found = workflow.by_key.get(step.node)
        if found is not None and step.outputs is not None:
            outputs[step.node] = step.outputs
            steps[step.node] = _step(step, shape_of(found))
    for one in workflow.nodes:
        steps.setdefault(one.key, {"output": None, "outputs": {}, "error": None})
    given: dict[str, Any] = {}
    for edge in workflow.edges:
        if edge.target == key and edge.out in outputs.get(edge.source, {}):
            given.setdefault(edge.into, outputs[edge.source][edge.out])
    run = {"id": trace.run, "inputs": trace.inputs}
    return {"input": given, "steps": steps, "run": run, "item": None, "index": 0}


def _step(step: StepTrace, shape: Shape) -> dict[str, Any]:
    outputs = step.outputs or {}
    main = outputs[shape.main] if shape.main in outputs else next((v for p, v in outputs.items() if p != "error"), None)
    return {"output": main, "outputs": outputs, "error": outputs.get("error")}


def _evaluator(known: Mapping[str, Any] | None) -> Callable[[str, bool], Preview]:
    def preview(text: str, whole: bool) -> Preview:
        try:
            value: Any
            if whole:
                expression = condition(text)
                if known is None:
                    return Preview("unknown", "")
                value = evaluate(expression, known)
            else:
                template = parse(text)
                if known is None:
                    return Preview("unknown", "")
                value = template.render(known)
        except ExpressionError as fault:
            return Preview("fault", fault.message)
        except StepError as fault:
            return Preview("unknown", tr("Not known from the last run. {why}", "forms").format(why=fault.message))
        return Preview("value", one_line(value, 400))

    return preview


def _names(workflow: Workflow, node: Node | None, known: Mapping[str, Any]) -> Iterator[Completion]:
    order = analyse(workflow, shape_of)
    users = [edge.target for edge in workflow.edges if node and edge.source == node.key and _is_tool(workflow, edge)]
    if node is not None:
        yield Completion("input", "object", tr("What comes in, by port", "forms"))
        yield from _inputs(workflow, node, known.get("input") or {}, bool(users))
    seen = _seen(workflow, order, node, users)
    if seen:
        yield Completion("steps", "object", tr("What steps before this one gave", "forms"))
    steps = known.get("steps") or {}
    for other in seen:
        yield from _of_step(other, steps.get(other.key))
    yield Completion("run", "object", tr("The run and its inputs", "forms"))
    run = known.get("run") or {}
    yield Completion("run.id", "text", tr("The run's id", "forms"), one_line(run["id"], 40) if run.get("id") else "")
    yield Completion("run.inputs", "object", tr("What the run was started with", "forms"))
    for name, schema in workflow.inputs.items():
        yield from _value(
            f"run.inputs.{name}", run.get("inputs", {}).get(name), str(schema.get("description", "")), schema
        )
    if node is not None and node.type == "each":
        yield Completion("item", "any", tr("The item of this child run", "forms"))
        yield Completion("index", "number", tr("Its place, from 0", "forms"))
    for name, help in _FUNCTIONS.items():
        yield Completion(name, "function", tr(help, "functions"))


def _seen(workflow: Workflow, order: Any, node: Node | None, users: list[str]) -> list[Node]:
    if node is None:
        return list(workflow.nodes)
    if order.faults:  # a broken drawing has no order: anything but itself may be meant
        return [other for other in workflow.nodes if other.key != node.key]
    before = Before(order)
    if users:
        common = [set(before.of(user)) for user in users if user in order.scope]
        keys = set.intersection(*common) if common else set()
        return [other for other in workflow.nodes if other.key in keys]
    if node.key not in order.scope:
        return []
    until = shape_of(node).kind == "loop"
    return [
        other
        for other in workflow.nodes
        if other.key in order.scope
        and (before.sees(node.key, other.key) or (until and before.until_sees(node.key, other.key)))
    ]


def _is_tool(workflow: Workflow, edge: Any) -> bool:
    target = workflow.by_key.get(edge.target)
    return target is not None and any(p.name == edge.into and p.type == "capability" for p in shape_of(target).inputs)


def _inputs(workflow: Workflow, node: Node, known: Mapping[str, Any], is_tool: bool) -> Iterator[Completion]:
    if is_tool:
        tool = node.params.get("tool")
        schema = tool.get("parameters") if isinstance(tool, Mapping) else None
        properties = schema.get("properties") if isinstance(schema, Mapping) else None
        for name, one in (properties or {}).items() if isinstance(properties, Mapping) else []:
            yield from _value(f"input.{name}", None, tr("An argument that the agent gives", "forms"), one)
        return
    told: set[str] = set()
    for edge in workflow.edges:
        if edge.target == node.key and edge.into not in told and not _is_tool(workflow, edge):
            told.add(edge.into)
            source = workflow.by_key.get(edge.source)
            words = tr("From {title}", "forms").format(title=(source.title or source.key) if source else edge.source)
            yield from _value(f"input.{edge.into}", known.get(edge.into), words, _schema(source, edge.out))


def _of_step(node: Node, known: Any) -> Iterator[Completion]:
    node_type = CATALOG.get(node.type)
    title = node.title or (node_type.title if node_type else node.type)
    path = f"steps.{node.key}"
    shape = shape_of(node)
    step = known if isinstance(known, Mapping) else {}
    yield Completion(path, "step", title, one_line(step.get("output"), 60) if step.get("output") is not None else "")
    ports = {port.name: port for port in shape.outputs}
    main = ports.get(shape.main)
    help = main.help if main else tr("What it gave", "forms")
    yield from _value(
        f"{path}.output", step.get("output"), help, _schema(node, shape.main), main.type if main else "any"
    )
    yield Completion(f"{path}.outputs", "object", tr("By port", "forms"))
    outputs = step.get("outputs") or {}
    for name, port in ports.items():
        if port.type != "capability":
            yield from _value(f"{path}.outputs.{name}", outputs.get(name), port.help, _schema(node, name), port.type)
    yield Completion(f"{path}.error", "object", tr("What went wrong, or null", "forms"))
    yield Completion(f"{path}.error.message", "text")
    yield Completion(f"{path}.error.class", "text")


def _schema(node: Node | None, port: str) -> Mapping[str, Any]:
    """What is known of a port's value from params: the schema of an agent's answer, the fields of a form."""
    params = node.params if node is not None else {}
    for name, ports in (("output", ("result",)), ("form", ("submitted",))):
        found = params.get(name)
        if port in ports and isinstance(found, Mapping):
            return found
    return {}


def _value(
    path: str, value: Any, help: str = "", schema: Any = None, kind: str = "any", deep: int = _DEEP
) -> Iterator[Completion]:
    described = schema if isinstance(schema, Mapping) else {}
    shown = one_line(value, 60) if value is not None else ""
    yield Completion(path, _kind(value, described, kind), help or str(described.get("description", "")), shown)
    if deep <= 0:
        return
    properties = described.get("properties")
    fields: dict[str, Any] = dict(properties) if isinstance(properties, Mapping) else {}
    inside = value if isinstance(value, Mapping) else {}
    for name in [*fields, *(name for name in inside if name not in fields)][:_WIDE]:
        if isinstance(name, str) and name.isidentifier():
            yield from _value(f"{path}.{name}", inside.get(name), "", fields.get(name), deep=deep - 1)
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        yield from _value(
            f"{path}[0]", value[0], tr("The first of {n}", "forms").format(n=len(value)), deep=min(1, deep - 1)
        )


def _kind(value: Any, schema: Mapping[str, Any], kind: str) -> str:
    if kind != "any":
        return kind
    for types, name in ((bool, "boolean"), (str, "text"), (int | float, "number"), (Mapping, "object"), (list, "list")):
        if isinstance(value, types):
            return name
    if "enum" in schema:
        return "text"
    words = {"string": "text", "integer": "number", "array": "list"}
    said = schema.get("type")
    if said in ("number", "boolean", "object"):
        return str(said)
    return words.get(said, "any") if isinstance(said, str) else "any"
