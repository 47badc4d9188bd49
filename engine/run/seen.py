"""What a step has seen, and so where what it gives came from: a fold of the journal like the values themselves.

Only the values say where they came from; which way a run took (a branch that tainted text decided) is not followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.expressions import ExpressionError, condition, references
from engine.ids import Visit
from engine.run import events as ev
from engine.run.record import ENDED, Effect, Step, Token
from engine.run.scope import Steps, inputs_of
from engine.run.sources import Look, Origin, Path, at, join, of_value, parts
from engine.run.state import State


def origin_of(token: Token | None) -> Origin:
    """Where the value of a live token came from."""
    return token[2] if token is not None and len(token) > 2 else []


def of_inputs(state: State, node: str, visit: Visit) -> dict[str, Origin]:
    """The origin of each port value, as `engine.run.scope.inputs_of` gives the values."""
    step = state.steps[node, visit]
    order = state.order
    found: dict[str, Origin] = {}
    if order.scope[node] and order.scope[node][-1] in order.teams:
        found["input"] = step.value_sources
    for port, edges in order.ins[node].items():
        if edges[0] in order.back:
            continue
        found[port] = next((origin_of(step.tokens[e]) for e in edges if e in step.tokens and step.tokens[e][0]), [])
    changed = state.started.continues.set if state.started and state.started.continues else {}
    for name in changed:  # a person has given these, or, in a replay, the run that is replayed
        key, _, port = name.partition(".")
        if key == node:
            found[port] = _given(state, name)
    return found


def _given(state: State, name: str) -> Origin:
    continues = state.started.continues if state.started else None
    return continues.sources.get(name, []) if continues is not None else []


def look_of(state: State, node: str | None, visit: Visit, inputs: Mapping[str, Origin], until: bool = False) -> Look:
    """Looks up the origin of what a static path names, in the scope of this step (of the run's outputs: None)."""
    started = state.started
    steps = Steps(state, node, visit, until)

    def look(path: Path) -> Origin:
        root, rest = path[0], path[1:]
        if root == "input":
            return at(inputs.get(str(rest[0]), []), rest[1:]) if rest else join(inputs.values())
        if root == "steps" and rest:
            return _of_step_path(state, steps, str(rest[0]), rest[1:])
        if started is None:
            return []
        if root == "item":
            return at(started.item_sources, rest)
        if root == "run" and (not rest or rest[0] == "inputs"):
            return at(started.sources, rest[1:]) if len(rest) > 1 else join(started.sources.values())
        return []

    return look


def _of_step_path(state: State, steps: Steps, key: str, rest: Path) -> Origin:
    step = steps.record(key)
    if step is None or not step.sources or step.outputs is None:
        return _given(state, f"steps.{key}")
    outputs, sources = step.outputs, step.sources
    if rest and rest[0] == "output":
        main = state.order.shape[key].main
        port = main if main in outputs else next((port for port in outputs if port != "error"), "")
        return at(sources.get(port, []), rest[1:])
    if rest and rest[0] == "error":
        return at(sources.get("error", []), rest[1:])
    if len(rest) > 1 and rest[0] == "outputs":
        return at(sources.get(str(rest[1]), []), rest[2:])
    return join(sources.values())


def source_of(effect: Effect) -> str:
    """Where an effect's result came from; "" where it took nothing in."""
    if effect.gives:
        return "" if effect.gives in ("nothing", "person") else effect.gives
    if effect.tool.startswith("model:"):
        return "model"
    return "" if effect.tool in ("now", "sleep") else "tool"


def of_effects(node: str, effects: Mapping[str, Effect]) -> list[str]:
    """What a step has taken in by what it asked of the world.

    A failure's message counts like a result, and what is done again counts still: the step's error may quote it.
    """
    return join(
        [f"{source}:{effect.via or node}"]
        for effect in effects.values()
        if effect.status in ("ok", "failed", "old") and (source := source_of(effect))
    )


def seen(state: State, node: str, visit: Visit, effects: Mapping[str, Effect] | None = None) -> list[str]:
    """The labels of everything that a step could have put into what it gives, as far as it has come.

    For an agent that includes what its tools' params name, and the words of servers that describe their own tools.
    """
    order = state.order
    inputs = of_inputs(state, node, visit)
    look = look_of(state, node, visit, inputs)
    told = order.node[node].params if node in order.node else {}
    origins = [*inputs.values(), *_named(told, look)]
    tools = list(order.tools.get(node, ()))
    for tool in tools:
        tools += [further for further in order.tools.get(tool, ()) if further not in tools]
        params = order.node[tool].params
        origins += [origin for path, origin in _named_paths(params, look) if path[0] != "input"]
        use = params.get("tool")
        own = use if isinstance(use, Mapping) else {}
        if order.shape[tool].described and not (own.get("description") and own.get("parameters")):
            origins.append([f"tool:{tool}"])
    step = state.steps[node, visit]
    if step.children is not None:  # the failure of a child quotes it
        origins += [end.sources for end in step.children.ended.values()]
    known = step.effects if effects is None else effects
    return join([*origins, of_effects(node, known)])


def _named(params: Mapping[str, Any], look: Look) -> Iterator[Origin]:
    return (origin for _, origin in _named_paths(params, look))


def _conditions(params: Mapping[str, Any]) -> Iterator[str]:
    """What decides in branches and loops: written bare, and quoted by its failures."""
    yield from (str(case.get("when", "")) for case in params.get("cases") or () if isinstance(case, Mapping))
    if isinstance(params.get("until"), str):
        yield params["until"]


def _named_paths(params: Mapping[str, Any], look: Look) -> Iterator[tuple[Path, Origin]]:
    for source in _conditions(params):
        try:
            found = condition(source).references.paths
        except ExpressionError:
            continue
        yield from ((path, look(path)) for path in found)
    for value in params.values():
        try:
            for path in references(value).paths:
                yield path, look(path)
        except ExpressionError:  # a param that is no template: a `when`, or one that its kind refuses
            continue


def of_event(state: State, kind: type[Any], fields: Mapping[str, Any]) -> dict[str, Origin]:
    """The `sources` of an event that is about to be journaled: by port, by name of a run's output, or as `value`."""
    if kind is ev.RunCompleted:
        look = look_of(state, None, (), {})
        return _said({name: of_value(value, look) for name, value in state.order.workflow.outputs.items()})
    node, visit = fields["node"], fields["visit"]
    if kind is ev.RoundStarted:
        return _said({"value": _of_round(state, node, visit, fields["round"])})
    outputs = fields.get("outputs") or {}
    if kind is ev.StepFailed:
        return _said({"error": seen(state, node, visit)} if fields.get("handled") == "route" else {})
    return _said(of_outputs(state, node, visit, outputs, fields.get("by", "attempt")))


def _said(origins: dict[str, Origin]) -> dict[str, Origin]:
    return {name: origin for name, origin in origins.items() if origin}


def of_outputs(state: State, node: str, visit: Visit, outputs: Mapping[str, Any], by: str) -> dict[str, Origin]:
    """The origin of each output port of a step that has succeeded, `by` whatever settled it."""
    order = state.order
    kind = order.kind(node)
    if kind == "team":
        return {}
    inputs = of_inputs(state, node, visit)
    if by == "bypassed":
        return dict.fromkeys(outputs, join(inputs.values()))
    if kind == "gate":
        return _of_gate(state, node, visit, outputs, by, inputs)
    if by == "person":  # a form, or a value that a person gave in place of a failed step's
        return {}
    if kind == "branch":
        return dict.fromkeys(outputs, inputs.get("input", []))
    if kind == "merge":
        return dict.fromkeys(outputs, _of_merge(state, node, visit))
    if kind == "loop":
        return dict.fromkeys(outputs, _again(state, node, visit))
    if kind in ("each", "subworkflow"):
        return dict.fromkeys(outputs, _of_children(state, node, visit))
    made_of = order.shape[node].made_of
    if made_of and not state.steps[node, visit].effects:
        value = order.node[node].params.get(made_of)
        return dict.fromkeys(outputs, of_value(value, look_of(state, node, visit, inputs)))
    return dict.fromkeys(outputs, seen(state, node, visit))


def _of_gate(
    state: State, node: str, visit: Visit, outputs: Mapping[str, Any], by: str, inputs: Mapping[str, Origin]
) -> dict[str, Origin]:
    """What a person has approved is theirs from then on; what nobody answered, or was refused, stays what it was."""
    shown = state.order.node[node].params.get("value")
    origin = inputs.get("input", []) if shown is None else of_value(shown, look_of(state, node, visit, inputs))
    found: dict[str, Origin] = {}
    for port, given in outputs.items():
        whole = given.get("value") if isinstance(given, Mapping) else None
        # where its `value` comes to nothing, the input is shown
        same = shown is not None and whole is not None and whole == inputs_of(state, node, visit).get("input")
        of_shown = join([origin, inputs.get("input", [])]) if same else origin
        found[port] = [] if port == "approved" and by == "person" else parts({"value": of_shown, "option": []})
    return found


def _of_merge(state: State, node: str, visit: Visit) -> Origin:
    step = state.steps[node, visit]
    params = state.order.node[node].params
    tokens = [step.tokens.get(edge) for edge in state.order.ins[node].get("input", ())]
    live = [origin_of(token) for token in tokens if token is not None and token[0]]
    whole = all(token is not None and (token[0] or token[1] == "not_taken") for token in tokens)
    if params.get("policy", "all") == "all" and whole:
        return parts({str(place): origin for place, origin in enumerate(live)})
    look = look_of(state, node, visit, {})
    return join([*live, *_named(params, look)])


def _again(state: State, node: str, visit: Visit) -> Origin:
    """Where the value came from that a loop or team is handed at the end of its round, as `plan` chooses it."""
    playing = state.rounds.get((node, visit))
    if playing is None:
        return []
    order = state.order
    inner = (*visit, playing.number)
    for edge in order.ins[node].get("again", ()):
        token = playing.again.get(edge) or state.kept.get((edge, inner[: order.common[edge]]))
        if token is not None and token[0]:
            return origin_of(token)
    return []


def _of_round(state: State, node: str, visit: Visit, number: int) -> Origin:
    if number > 1:
        return _again(state, node, visit)
    step = state.steps[node, visit]
    edges = state.order.ins[node].get("start", ())
    return next((origin_of(step.tokens[e]) for e in edges if e in step.tokens and step.tokens[e][0]), [])


def _of_children(state: State, node: str, visit: Visit) -> Origin:
    children = state.steps[node, visit].children
    if children is None:
        return []
    if state.order.kind(node) == "subworkflow":
        return next((end.sources for end in children.ended.values()), [])
    return join(end.sources for end in children.ended.values())


def of_run(state: State) -> list[str]:
    """The labels of everything in a run: what its failure may quote."""
    started = state.started
    given: list[Origin] = [] if started is None else [*started.sources.values(), started.item_sources]
    for (node, _), step in state.steps.items():
        given += [*step.sources.values(), of_effects(node, step.effects)]
        given += [end.sources for end in step.children.ended.values()] if step.children is not None else []
    return join(given)


def of_reused(state: State, node: str, visit: Visit, old: Step, traced: bool, outputs: Mapping[str, Any]) -> Any:
    """The sources of a result that is taken from an earlier run.

    Of one that an engine made which did not follow sources, whatever the step may have taken in counts.
    """
    if traced:
        return old.sources
    unknown = [f"tool:{node}"] if old.children is not None else []
    gained = join([seen(state, node, visit, old.effects), unknown])
    return _said(dict.fromkeys(outputs, gained)) if old.status in ENDED else {}
