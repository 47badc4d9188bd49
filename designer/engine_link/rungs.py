"""What an agent's ladder looks like on its card: answers refused and hinted, another model, who got it in the end."""

from __future__ import annotations

from designer.engine_link.previews import preview
from designer.resources import tr
from engine.observe.records import Rung, StepTrace
from engine.workflow.model import Node, Workflow

HINTS = 3
"""Wrong answers that are answered with a hint, where the node says nothing."""


def climbing(node: Node, step: StepTrace, agent: str = "") -> tuple[str, tuple[str, ...]] | None:
    """The rung that an agent is on right now, in words with the reason; None when its last answer was taken.

    `agent` is one that the step's agent has asked, else it is its own.
    """
    last = step.rungs[-1] if step.rungs else None
    if last is None or last.after < len(step.effects) or last.agent != agent or last.what == "handed":
        return None
    if last.what == "switched":
        return tr("Asks “{model}” instead").format(model=last.to), preview(last.text)
    times = _refused_since(step, last)
    hints = node.params.get("max_tool_errors", HINTS)
    if not isinstance(hints, int) or times > hints:
        return tr("{n} answers refused").format(n=times), preview(last.text)
    words = tr("Answer refused {n}/{all}").format(n=times, all=hints)
    return words, (*preview(last.text)[:2], tr("asked again with a hint"))


def _refused_since(step: StepTrace, last: Rung) -> int:
    """How many answers were refused since this agent began, or another model took over."""
    times = 0
    for rung in reversed(step.rungs):
        if rung.agent != last.agent:
            continue
        if rung.attempt != last.attempt or rung.what != "refused":
            break
        times += 1
    return times


def climbed(words: str, step: StepTrace) -> str:
    """How an agent that has answered came to it: `Done · 4.1 s · 2 refused`, or the model that took over."""
    own = [rung for rung in step.rungs if not rung.agent]
    refused = sum(rung.what == "refused" for rung in own)
    models = [rung.to for rung in own if rung.what == "switched"]
    if models:
        return f"{words} · {tr('by “{model}”').format(model=models[-1])}"
    return f"{words} · {tr('{n} refused').format(n=refused)}" if refused else words


def handed_to(workflow: Workflow, node: Node, step: StepTrace) -> str:
    """Who got what this agent handed over: a title; "" when it handed nothing over."""
    port = next((rung.to for rung in reversed(step.rungs) if rung.what == "handed"), "")
    return target_title(workflow, node.key, port) if port and port in (step.outputs or {}) else ""


def target_title(workflow: Workflow, key: str, port: str) -> str:
    """What a person calls the first node that a port leads to; "" when it leads nowhere."""
    for edge in workflow.edges:
        if edge.source == key and edge.out == port and edge.target in workflow.by_key:
            return workflow.by_key[edge.target].title or edge.target
    return ""
