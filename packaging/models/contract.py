"""The contract between the shipped model and a workflow: instructions, tools, schema and input text."""
import json
from pathlib import Path

import rules

MODELS = Path(__file__).resolve().parents[2] / "resources" / "models"

INSTRUCTIONS = "You triage machine alarms. Call the tools you need, then give the final answer as one JSON object."
MACHINE = "^[A-Z]{2,6}-[0-9]{2}$"
CODE = "^[A-Z][0-9]{3}$"


def _object(**properties: dict) -> dict:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


TOOLS = [
    {
        "name": "lookup_history",
        "description": "earlier work on this machine",
        "parameters": _object(machine={"type": "string", "pattern": MACHINE}, code={"type": "string", "pattern": CODE}),
    },
    {
        "name": "search_manual",
        "description": "fault family of a vendor code",
        "parameters": _object(code={"type": "string", "pattern": CODE}),
    },
]
OUTPUT = _object(
    summary={"type": "string", "pattern": "^[A-Za-z0-9 ,.%-]{1,120}$"},
    cause={"enum": sorted(rules.CAUSES)},
    severity={"enum": list(rules.SEVERITIES)},
    action={"enum": list(rules.ACTIONS)},
    part={"enum": list(rules.PARTS)},
)
INPUT_LINES = ("machine", "code", "family", "trend", "level", "anomaly", "repeats", "mode", "text")
INPUT_TEMPLATE = """machine: {machine}
code: {code}
family: {family}
trend: {trend}
level: {level_pct} %
anomaly: {anomaly}
repeats: {repeats_24h}
mode: {mode}
text: {text}"""


def compact(value: object) -> str:
    """An assistant turn: no spaces, keys in the order given."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def canonical(value: object) -> str:
    """A tool result: compact, sorted keys."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def system(tools: list[dict] | None = None, instructions: str = INSTRUCTIONS) -> str:
    """The system message: instructions, then one line for each wired tool."""
    lines = [f"tool {t['name']}({', '.join(t['parameters']['properties'])}): {t['description']}" for t in tools or []]
    return "\n".join([instructions, *lines])


def user_text(a: rules.Alarm) -> str:
    """The user message for one alarm."""
    return INPUT_TEMPLATE.format(
        machine=a.machine, code=a.code, family=a.family, trend=a.trend, level_pct=a.level, anomaly=a.anomaly,
        repeats_24h=a.repeats, mode=a.mode, text=a.text,
    )


def turn_schema(tools: list[dict]) -> dict:
    """What one assistant turn may be: a call of a wired tool, or the final answer."""
    calls = [_object(tool={"const": t["name"]}, args=t["parameters"]) for t in tools]
    return {"oneOf": [*calls, _object(final=OUTPUT)]}


def write(confidence: dict) -> None:
    """Write small.contract.json for the authors of workflow templates."""
    example = rules.Alarm("PUMP-12", "E142", "vibration", "rising", 118, "yes", 4, "production",
                          "bearing housing shakes strongly, night shift")
    contract = {
        "format": 1,
        "model": "small.gguf",
        "context": 1024,
        "max_tokens": 200,
        "instructions": INSTRUCTIONS,
        "tools": TOOLS,
        "output": OUTPUT,
        "input_template": INPUT_TEMPLATE,
        "input_note": "Each {name} is a column of resources/examples/machine_alarms.csv, except {anomaly}: 'yes' when the window "
                      "scorer is above its threshold, 'no' when not, 'unknown' when it did not run. Plain text, one fact a line.",
        "input_example": user_text(example),
        "example_turns": [
            compact({"tool": "lookup_history", "args": {"machine": "PUMP-12", "code": "E142"}}),
            compact({"final": rules.answer(example, "vibration", True)}),
        ],
        "tool_results": {
            "lookup_history": canonical({"code": "E142", "days_since_work": 3, "last_work": "bearing replaced",
                                         "machine": "PUMP-12", "same_part_recent": True, "work_orders": 2}),
            "search_manual": canonical({"code": "V812", "family": "pressure", "note": "fault family pressure, pump controller group 3"}),
            "error": canonical({"error": "service unavailable"}),
        },
        "choose": {"system": "{any instruction}\nlabels: low, medium, high, critical", "user": "the text or the alarm lines",
                   "answer": compact({"choice": "high"})},
        "ask": {"system": "Summarise the alarm in one sentence.", "user": "the alarm lines", "answer": "one plain sentence"},
        "confidence": confidence,
    }
    (MODELS / "small.contract.json").write_text(json.dumps(contract, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    path = MODELS / "small.contract.json"
    old = json.loads(path.read_text())["confidence"] if path.exists() else None
    write(old or {"measure": "min_token_prob", "of": "every token of the final answer's turn, softmax of the raw logits",
                  "unsure_below": 0.8, "measured": False})
