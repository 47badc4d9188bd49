"""A step that waited while the program was upgraded, and now does something else: a person is asked (SEMANTICS §2)."""

from __future__ import annotations

from engine.ids import Visit, step_text
from engine.run.questions import LABELS
from engine.run.state import State
from engine.run.turn import Turn

_OPTIONS = ("start_over", "fail")


def was_upgraded(state: State, node: str, visit: Visit) -> bool:
    """Whether the step's attempt was started by another version of its node type."""
    version = state.steps[node, visit].version
    return version is not None and version != state.order.shape[node].version


def ask_about_upgrade(turn: Turn, node: str, visit: Visit) -> None:
    """Ask whether the step shall start over, which does its writes again, or fail."""
    step = turn.state.steps[node, visit]
    writes = [
        {"tool": effect.tool, "args": effect.args, "key": key}
        for key, effect in step.effects.items()
        if effect.effect != "pure" and effect.status in ("ok", "started", "doubt", "again")
    ]
    done = ", ".join(str(write["tool"]) for write in writes)
    form = {
        "headline": f"An upgrade changed the step {step_text(node, visit)!r} while it waited. What now?",
        "body": f"Starting over does these again: {done}." if done else "It has written nothing so far.",
        "evidence": {"writes": writes, "from_version": step.version},
        "options": [{"name": name, "label": LABELS[name]} for name in _OPTIONS],
    }
    turn.ask(node, visit, key=f"upgrade:{step.attempt}", type="upgrade", form=form)
