"""How runs and steps are said on screen: statuses, times, lengths of time, values on one line."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from designer.resources import signs, tr
from engine.observe.records import RunTrace, StepTrace

ROOM = 160
"""Characters of a value that stands on one line."""


# ---- statuses
def step_tone(step: StepTrace, asking: bool = False) -> str:
    """The theme's name for the status of a step; `asking`: one of its questions is open."""
    if step.status == "succeeded":
        return "reused" if step.by == "reused" else "done"
    if step.status in ("waiting", "running") and asking:
        return "asking"
    return {
        "pending": "pending", "running": "running", "waiting": "waiting", "backoff": "waiting",
        "interrupted": "waiting", "failed": "failed", "skipped": "skipped", "cancelled": "cancelled",
    }.get(step.status, "idle")  # fmt: skip


def step_word(step: StepTrace, asking: bool = False) -> str:
    """The status of a step as one or two words."""
    tone = step_tone(step, asking)
    if step.status == "backoff":
        return tr("Waits to retry")
    if step.status == "interrupted":
        return tr("Interrupted")
    if step.status == "failed" and step.handled in ("route", "continue"):
        return tr("Failed, handled")
    return tone_word(tone)


def tone_word(tone: str) -> str:
    """The word for a status of the theme."""
    return {
        "idle": tr("Not run"), "pending": tr("Not yet"),
        "running": tr("Running"), "waiting": tr("Waiting"),
        "asking": tr("Asks a person", "status"), "done": tr("Done"),
        "failed": tr("Failed"), "skipped": tr("Skipped"),
        "cancelled": tr("Cancelled"), "reused": tr("Reused"),
    }.get(tone, tone)  # fmt: skip


def run_tone(run: RunTrace) -> str:
    """The theme's name for the status of a run."""
    if run.ended is None:
        return "asking" if run.open_questions else "running" if run.status == "running" else "pending"
    return {"completed": "done", "failed": "failed", "cancelled": "cancelled"}.get(run.status, "idle")


def run_word(run: RunTrace) -> str:
    """The status of a run as a few words."""
    if run.ended is None and run.cancelling:
        return tr("Stopping")
    if run.ended is None and run.open_questions:
        return tr("Waiting for a person")
    return {
        "new": tr("Starting"), "running": tr("Running"),
        "completed": tr("Completed"), "failed": tr("Failed"),
        "cancelled": tr("Cancelled"),
    }.get(run.status, run.status)  # fmt: skip


def why_skipped_word(why: str) -> str:
    """Why a step was left out, in two words."""
    return {
        "not_taken": tr("way not taken"), "failed": tr("what it needs failed"),
        "cancelled": tr("what it needs was cancelled"),
        "lost_race": tr("lost the race"), "run_failed": tr("the run failed"),
        "run_cancelled": tr("the run was stopped"),
        "stopped": tr("a stop node ended the run"),
    }.get(why, why.replace("_", " "))  # fmt: skip


# ---- times
def seconds_text(seconds: float) -> str:
    """A length of time in the unit that a reader thinks in: 12 ms, 4.1 s, 3 min 04 s, 2 h 05 min, 3 d 4 h."""
    if seconds < 0:
        seconds = 0.0
    if seconds < 0.0005:
        return "0 ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 99.95:
        return signs(f"{seconds:.1f} s")
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def clock_text(at: float, parts: str = "%H:%M:%S") -> str:
    """The time of day on this PC's clock."""
    return time.strftime(parts, time.localtime(at))


def clock_ms_text(at: float) -> str:
    """The time of day to the millisecond."""
    whole = int(at)
    return f"{clock_text(whole)}.{int((at - whole) * 1000):03d}"


def day_text(at: float, now: float) -> str:
    """Date and time as far as they are needed: today's without a date."""
    then, today = time.localtime(at), time.localtime(now)
    if then[:3] == today[:3]:
        return tr("Today {time}").format(time=time.strftime("%H:%M:%S", then))
    if then[:3] == time.localtime(now - 86_400)[:3]:
        return tr("Yesterday {time}").format(time=time.strftime("%H:%M", then))
    return time.strftime("%Y-%m-%d %H:%M", then)


def whole_text(number: int) -> str:
    """A count with its thousands apart."""
    return signs(f"{number:,}")


# ---- values
def one_line(text: str, room: int = ROOM) -> str:
    """Text on one line, cut to the room it has."""
    text = " ".join(text[: room * 4].split())
    return text if len(text) <= room else text[: room - 1] + "…"


def value_text(value: Any, room: int = ROOM) -> str:
    """What a person wants to see of a value on one line: names and values, lengths in place of long lists."""
    if value is None:
        return ""
    return one_line(_value(value, 0), room)


def _value(value: Any, depth: int) -> str:
    if isinstance(value, str):
        return value[: ROOM * 4]
    if isinstance(value, Mapping):
        if "$blob" in value:
            return tr("{n} bytes of {type}").format(
                n=whole_text(int(value.get("size") or 0)), type=value.get("media_type") or "data"
            )
        if depth > 1:
            return "{…}"
        return ", ".join(f"{name}: {_value(item, depth + 1)}" for name, item in list(value.items())[:12])
    if isinstance(value, list | tuple):
        if len(value) > 4 or any(isinstance(item, list | dict) for item in value):
            if len(value) == 1:
                return tr("1 row") if isinstance(value[0], dict) else tr("1 item")
            word = tr("{n} rows") if isinstance(value[0], dict) else tr("{n} items")
            return word.format(n=whole_text(len(value)))
        return "[" + ", ".join(_value(item, depth + 1) for item in value) + "]"
    if isinstance(value, float):
        return f"{value:.4g}"
    return json.dumps(value, ensure_ascii=False, default=str)


def main_output(outputs: Mapping[str, Any] | None) -> Any:
    """The one value where there is one port, else all of them by port."""
    if outputs and len(outputs) == 1:
        return next(iter(outputs.values()))
    return outputs or None


def last_words(step: StepTrace, asking: str = "") -> str:
    """The newest thing worth knowing of a step on one line: its question, its error, its result."""
    if asking:
        return one_line(asking)
    if step.status in ("failed", "backoff") and step.error is not None:
        return one_line(f"{step.error.cls}: {step.error.message}")
    if step.status in ("skipped", "cancelled"):
        return why_skipped_word(step.why)
    if step.status == "succeeded":
        return outcome_text(step)
    if step.children_total:
        return tr("{n} of {total} items").format(n=step.children_ended, total=step.children_total)
    if step.rounds and step.ended is None:
        return tr("round {n}").format(n=step.rounds)
    if step.notes:
        return one_line(step.notes[-1][1])
    if step.effects:
        effect = step.effects[-1]
        return one_line(tool_text(effect.tool, effect.via))
    return ""


def outcome_text(step: StepTrace) -> str:
    """What a step that succeeded came to: its value, or the way it took where it only chose one."""
    outputs = step.outputs or {}
    if len(outputs) == 1 and step.by in ("planner", "person", "deadline"):
        port, value = next(iter(outputs.items()))
        if port not in ("output", "done", "submitted", "result"):
            comment = value.get("comment") if isinstance(value, dict) and "option" in value else ""
            return one_line(f"→ {port}" + (f": {comment}" if comment else ""))
    return value_text(main_output(outputs))


def tool_text(tool: str, via: str = "") -> str:
    """How an effect is named: the wired node, the model's role, or the tool."""
    if tool.startswith("model:"):
        return tr("Model “{role}”").format(role=tool.removeprefix("model:"))
    return via or tool


def said_text(tool: str, result: Any) -> str:
    """The part of a result that a reader wants: a model's text, an answer's body, else the value."""
    if isinstance(result, Mapping):
        if tool.startswith("model:") and "text" in result:
            return _turn_text(result.get("value")) or one_line(str(result["text"]))
        if tool == "http.request" and "body" in result:
            return value_text(result["body"])
    return value_text(result)


def _turn_text(turn: Any) -> str:
    """One turn of an agent, as a person would say it; "" for any other answer."""
    if not isinstance(turn, Mapping):
        return ""
    if "tool" in turn:
        return one_line(tr("calls {tool}").format(tool=f"{turn['tool']}({_value(turn.get('args'), 0)})"))
    if "hand_off" in turn:
        return one_line(tr("hands off to {who}: {why}").format(who=turn["hand_off"], why=turn.get("reason", "")))
    return value_text(turn["final"]) if "final" in turn and len(turn) == 1 else ""
