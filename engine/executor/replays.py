"""One step of a run, done again alone: a new run of a drawing with nothing in it but the step and what it may call.

It gets what the step got, from the journal; nothing that came before it runs again. What the models say is asked anew.
A write that the step made before is not made again while it is the same one: its recorded result counts. One that it
did not make before is a question to a person, unless the replay is `live`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.errors import Refused, StepError
from engine.executor.approvals import Asking
from engine.executor.effects import Ask, fingerprint
from engine.expressions import references
from engine.ids import Visit, step_text
from engine.nodes.contracts import accepted, promised
from engine.run import events as ev
from engine.run.record import Step
from engine.run.scope import Steps, inputs_of
from engine.run.seen import of_inputs
from engine.run.sources import join
from engine.run.state import State
from engine.workflow.model import Edge, Node, Policy, Workflow
from engine.workflow.order import Order

if TYPE_CHECKING:
    from engine.executor.step import Activation


def drawn(order: Order, key: str) -> Workflow:
    """The workflow that holds one step alone: the node, what it may call, and in place of the agents that it may hand
    off to nodes that keep what they would have been given."""
    workflow = order.workflow
    keys = [key]
    for one in keys:
        keys += [tool for tool in order.tools.get(one, ()) if tool not in keys]
    kept = frozenset(keys)
    called = [edge for edge in workflow.edges if edge.source in kept and edge.target in kept and edge.into == "tools"]
    named = {port.name for port in order.shape[key].outputs}
    left = [edge for edge in workflow.edges if edge.source == key and edge.out not in named]
    nodes = [_alone(order, key, left) if one == key else order.node[one] for one in keys]
    stands = {edge.target: order.node[edge.target] for edge in left if edge.target not in kept}
    nodes += [_stand_in(node, [edge.into for edge in left if edge.target == node.key]) for node in stands.values()]
    return Workflow(
        name=workflow.name,
        title=workflow.title,
        inputs=workflow.inputs,
        placement=workflow.placement,
        nodes=tuple(nodes),
        edges=(*called, *(edge for edge in left if edge.target in stands)),
        outputs={"result": f"{{{{ steps.{key}.outputs }}}}"},
        layout={one: at for one, at in workflow.layout.items() if one in kept or one in stands},
    )


def _alone(order: Order, key: str, left: list[Edge]) -> Node:
    """The node as it is, but that a failure is one, and that it knows itself what those after it accept."""
    node = order.node[key]
    params = dict(node.params)
    wanted = {edge.out: accepted(order.node[edge.target].params) for edge in left}
    offers = params.get("hand_offs")
    for port, fields in wanted.items():
        if fields is None or promised(node.params, port) is not None:
            continue
        said = offers.get(port, "") if isinstance(offers, Mapping) else ""
        contract = {"for": said, "fields": fields} if isinstance(said, str) else {**said, "fields": fields}
        params["hand_offs"] = {**(params.get("hand_offs") or {}), port: contract}
    policy = Policy.model_validate({**node.policy.model_dump(), "on_error": "fail"})
    return node.model_copy(update={"params": params, "policy": policy, "mode": "on"})


def _stand_in(node: Node, ports: list[str]) -> Node:
    given = {port: f"{{{{ input.{port} }}}}" for port in dict.fromkeys(ports)}
    return Node(key=node.key, type="data.set", title=node.title, params={"values": given})


def found(old: State, name: str) -> tuple[str, Visit]:
    """The step that a person names (`legal`, `legal[2]`), the last visit where none is said; Refused otherwise."""
    known = [key for key in old.steps if name in (key[0], step_text(*key)) and key[0] in old.order.node]
    if not known:
        begun = ", ".join(step_text(*key) for key, step in old.steps.items() if step.attempt)
        raise Refused(f"The run has no step {name!r}.", remedy=f"It has: {begun}." if begun else "")
    node, visit = known[-1]
    step = old.steps[node, visit]
    if old.order.kind(node) != "task":
        raise Refused(
            f"The step {name!r} cannot be replayed: it does no work of its own.", remedy="Continue the run from there."
        )
    if step.attempt == 0 and step.by != "reused":
        raise Refused(f"The step {name!r} has not begun in that run, so there is nothing that it was given.")
    return node, visit


def continues(old: State, node: str, visit: Visit, *, live: bool) -> ev.Continues:
    """What a replay is given: the step's inputs, and what the steps gave that its params name."""
    assert old.started is not None
    order, before = old.order, old.started.continues
    keys = [node]
    for one in keys:
        keys += [tool for tool in order.tools.get(one, ()) if tool not in keys]
    steps = Steps(old, node, visit)
    given: dict[str, Any] = {}
    sources: dict[str, Any] = {}
    named = {name for one in keys for name in references(order.node[one].params).steps}
    for key in sorted(named):
        given[key] = steps[key]
        known = steps.record(key)
        if known is not None:
            sources[f"steps.{key}"] = join(known.sources.values())
        elif before is not None:
            sources[f"steps.{key}"] = before.sources.get(f"steps.{key}", [])
    inputs = {f"{node}.{port}": value for port, value in inputs_of(old, node, visit).items()}
    sources |= {f"{node}.{port}": origin for port, origin in of_inputs(old, node, visit).items()}
    return ev.Continues(
        run=old.run,
        set=inputs,
        only=ev.StepRef(node=node, visit=visit),
        steps=given,
        sources={name: origin for name, origin in sources.items() if origin},
        live=live,
    )


def recorded(step: Activation, asking: Asking, key: str, ask: Ask, via: str) -> None:
    """Before a write of a replay: journal the result that it had, or ask a person. StepError, Suspend."""
    asked = step.state.started.continues if step.state.started is not None else None
    if asked is None or asked.only is None or asked.live or ask.effect == "pure" or key in step.record.effects:
        return
    reuse = step.executor.reuse.get(step.run)
    old = reuse.old.steps.get((asked.only.node, asked.only.visit)) if reuse is not None else None
    mark = fingerprint(ask.tool, ask.args)
    result = None if old is None else _unused(old, step.record, mark)
    if result is not None:
        facts = {"key": key, "effect": ask.effect, "tool": ask.tool, "fingerprint": mark, "args": ask.args}
        step.journal(ev.EffectSucceeded, **facts, via=via, result=result[0], origin=asked.run, gives=ask.gives)
        return
    if _agreed(step, key):
        return
    who = via or step.node
    form = {
        "headline": f"{who!r} is replayed and wants to call {ask.tool}. May it?",
        "body": "It did not do this in the run that is replayed, so there is no result to go by.",
        "value": ask.args,
        "risk": "high" if ask.effect == "at_most_once" else "medium",
        "options": [{"name": "approve", "label": "Approve"}, {"name": "refuse", "label": "Refuse"}],
        "evidence": {"tool": ask.tool, "effect": ask.effect},
    }
    answer = asking(f"{key}.q", form)
    if answer.option not in ("approve", "approve_with_changes"):
        refused = f"A person refused the call of {ask.tool}. {answer.comment}".strip()
        raise StepError("permission", refused, retryable=False)


def _agreed(step: Activation, key: str) -> bool:
    """Whether a person has agreed to the call that this write is a part of: who lets an agent be asked has not seen
    what it will write."""
    order = step.state.order
    for asked, question in step.record.questions.items():
        if asked.endswith(".q") and key.startswith(asked[:-1]):
            tool = step.state.questions[question][2].asked.form.get("evidence", {}).get("tool")
            if tool not in order.shape or not order.shape[tool].hand_off:
                return True
    return False


def _unused(old: Step, new: Step, mark: str) -> tuple[Any] | None:
    """The result of the same write in the earlier step, each counted once; None where there is none (left)."""
    had = [effect for effect in old.effects.values() if effect.fingerprint == mark and effect.status == "ok"]
    taken = sum(1 for effect in new.effects.values() if effect.fingerprint == mark and effect.status == "ok")
    return (had[taken].result,) if taken < len(had) else None
