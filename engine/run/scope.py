"""What an expression of a step sees: its inputs, the steps before it, the run, the item (SEMANTICS T19)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.errors import StepError
from engine.expressions import condition, evaluate_bool, render
from engine.ids import Visit
from engine.run.record import Step
from engine.run.state import State


class Steps(Mapping[str, Any]):
    """`steps` as an expression sees it: looked up on demand, ancestors only, null where a step gave nothing."""

    def __init__(self, state: State, node: str | None, visit: Visit, until: bool = False) -> None:
        self._state, self._node, self._visit, self._until = state, node, visit, until
        continues = state.started.continues if state.started is not None else None
        self._given: Mapping[str, Any] = continues.steps if continues is not None else {}  # a replay's

    def _sees(self, key: str) -> bool:
        return self._node is None or self._state.order.sees(self._node, key, until=self._until)

    def __getitem__(self, key: str) -> Any:
        order = self._state.order
        if key in self._given:
            return self._given[key]
        if key not in order.scope:
            raise KeyError(key)
        if not self._sees(key):
            raise StepError(
                "expression", f"`steps.{key}` is not before {self._node!r}; draw an edge that leads from it."
            )
        step = self.record(key)
        if step is None or step.outputs is None:
            return {"output": None, "outputs": {}, "error": None}
        outputs = step.outputs
        main = order.shape[key].main
        output = outputs[main] if main in outputs else next((v for p, v in outputs.items() if p != "error"), None)
        return {"output": output, "outputs": outputs, "error": outputs.get("error")}

    def record(self, key: str) -> Step | None:
        """The step that the name means; None where there is none (yet)."""
        visit = self._last_visit(key) if key in self._state.order.scope else None
        return self._state.steps.get((key, visit)) if visit is not None else None

    def _last_visit(self, key: str) -> Visit | None:
        """The visit meant by a name: the same round where the scopes agree, the last round below that."""
        state = self._state
        own = state.order.scope[self._node] if self._node is not None else ()
        visit: Visit = ()
        for depth, loop in enumerate(state.order.scope[key]):
            number: int | None
            if depth < len(own) and own[depth] == loop and loop not in state.order.teams:
                number = self._visit[depth]
            else:
                number = state.last_round.get((loop, visit))
                if loop in state.order.teams and number is not None:
                    if key == self._node:
                        number -= 1  # what it did in an earlier round, not what it is about to do
                    while number and (key, (*visit, number)) not in state.steps:
                        number -= 1
            if not number:
                return None
            visit = (*visit, number)
        return visit

    def __contains__(self, key: object) -> bool:
        return key in self._state.order.scope or key in self._given

    def __iter__(self) -> Iterator[str]:
        order = self._state.order
        return (key for key in order.scope if key in order.shape and self._sees(key))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def inputs_of(state: State, node: str, visit: Visit) -> dict[str, Any]:
    """Port values of a step whose ports have settled (T3, T4): dead optional ports are null."""
    step = state.steps[node, visit]
    order = state.order
    if step.inputs is not None and step.status != "pending":  # its ports have settled: they stay as they are
        return step.inputs
    if order.kind(node) == "merge" and order.mode(node) == "on":
        return {}
    values: dict[str, Any] = {}
    if order.scope[node] and order.scope[node][-1] in order.teams:
        values["input"] = step.value
    for port, edges in order.ins[node].items():
        if edges[0] in order.back:
            continue
        values[port] = None
        for edge in edges:
            token = step.tokens.get(edge)
            if token is not None and token[0]:
                values[port] = token[1]
                break
    changed = state.started.continues.set if state.started and state.started.continues else None
    if changed:
        for name, value in changed.items():
            key, _, port = name.partition(".")
            if key == node:
                values[port] = value
    step.inputs = values
    return values


def scope_of(
    state: State, node: str | None, visit: Visit, inputs: Mapping[str, Any] | None = None, *, until: bool = False
) -> dict[str, Any]:
    """The names in scope for one step, for the run's outputs (`node` None), or for a loop's `until` after a round."""
    started = state.started
    assert started is not None
    scope: dict[str, Any] = {
        "input": dict(inputs) if inputs is not None else {},
        "steps": Steps(state, node, visit, until),
        "run": {"id": state.run, "inputs": started.inputs},
    }
    scope["item"], scope["index"] = started.item, started.index if started.index is not None else 0
    return scope


def param(state: State, node: str, visit: Visit, name: str, default: Any = None) -> Any:
    """One param of a node that the planner decides, evaluated; `default` where it is not given."""
    value = state.order.node[node].params.get(name)
    if value is None:
        return default
    if not isinstance(value, str | dict | list):
        return value
    return render(value, scope_of(state, node, visit, inputs_of(state, node, visit)))


def whole_number(value: Any, what: str, least: int = 0) -> int:
    """A param as a count; StepError `schema` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1 or value < least:
        raise StepError("schema", f"{what} must be a whole number of at least {least}, not {value!r}.", retryable=False)
    return int(value)


def seconds(value: Any, what: str) -> float:
    """A param as a length of time; StepError `schema` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 31_536_000 * 10:
        raise StepError("schema", f"{what} must be a number of seconds, not {value!r}.", retryable=False)
    return float(value)


def holds(source: Any, scope: Mapping[str, Any]) -> bool:
    """Whether a `when` or `until` is true; StepError when it cannot be read or evaluated."""
    return evaluate_bool(condition(str(source)), scope)


def params_of(state: State, node: str, visit: Visit, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The node's params with every `{{ }}` evaluated, except those that the node's kind evaluates itself."""
    raw = state.order.shape[node].raw
    params = state.order.node[node].params
    scope = scope_of(state, node, visit, inputs)
    if not raw:
        rendered = render(params, scope)
        return rendered if isinstance(rendered, dict) else {}
    return {name: value if name in raw else render(value, scope) for name, value in params.items()}


def render_params(state: State, node: str, user: str, visit: Visit, args: Mapping[str, Any]) -> dict[str, Any]:
    """The params of a node that the step of `user` calls as a tool: the arguments are its `input`."""
    raw = state.order.shape[node].raw
    scope = scope_of(state, user, visit, args)
    return {
        name: value if name in raw else render(value, scope) for name, value in state.order.node[node].params.items()
    }
