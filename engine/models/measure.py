"""How fast a model is on this PC: a few questions to its own process, the median of what it says it took."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engine.errors import Refused
from engine.models.listing import cpu_name
from engine.models.service import Models
from engine.settings import RoleSetting, Settings

ROLE, ROUNDS, ANSWER, FEWEST = "measured", 3, 64, 8
_TEXT = "The pump of line 4 stopped at noon, its bearing is warm and the housing shakes. " * 2
_PROMPT = 0.4
"""How much of the context the question takes."""
_MOST_PROMPT = 1_024
_WORDY = {"type": "object", "properties": {"said": {"type": "string", "minLength": 120, "maxLength": 160}},
          "required": ["said"]}  # fmt: skip
_ZERO: dict[str, Any] = {"tensor(bool)": False, "tensor(string)": ""}
_MOST_VALUES = 20_000_000
Progress = Callable[[float | None, str], None]


async def measure(role: RoleSetting, data: Path, settings: Settings, progress: Progress) -> dict[str, Any]:
    """{prompt_tps, answer_tps, infer_s, threads, provider, memory_bytes, load_s, at, cpu} of a role's model.

    Tokens a second for a GGUF, seconds for one inference of an ONNX model. Refused for a remote model; StepError when
    the model fails. Cancelling ends its process.
    """
    if role.kind == "remote":
        raise Refused("A remote model is not measured: its speed is not this PC's.")
    role = role.model_copy(update={"fallback": (), "fallback_on": None, "unsure_below": None})
    models = Models(settings.model_copy(update={"roles": {ROLE: role}}), data)
    try:
        progress(None, "Loading the model")
        began = time.monotonic()
        facts = await models.load(ROLE)
        loaded = round(time.monotonic() - began, 3)
        speed = await (_language(models, facts, progress) if role.kind == "gguf" else _tensors(models, facts, progress))
        return {
            "prompt_tps": None, "answer_tps": None, "infer_s": None, **speed, "threads": facts["threads"],
            "provider": facts["provider"], "memory_bytes": models.process_bytes(ROLE), "load_s": loaded,
            "at": round(time.time(), 3), "cpu": cpu_name(),
        }  # fmt: skip
    finally:
        await models.close()


async def _language(models: Models, facts: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    first = await models.ask(ROLE, [{"role": "user", "content": _TEXT}], max_tokens=1)  # also warms it up
    room = min(facts["n_ctx"] * _PROMPT, _MOST_PROMPT)
    text = _TEXT * max(1, int(room / (first.usage or {"prompt": room})["prompt"]))
    prompts: list[float] = []
    answers: list[float] = []
    for turn in range(ROUNDS):
        progress(turn / ROUNDS, f"Asking, {turn + 1} of {ROUNDS}")
        messages = [{"role": "user", "content": f"{turn} {text}"}]  # nothing in common: all of it is evaluated
        reply = await models.ask(ROLE, messages, max_tokens=ANSWER, temperature=1.0, seed=turn + 1)
        used = reply.usage or {}
        prompts.append((used["prompt"] - used["prompt_cached"]) / max(used["prefill_s"], 1e-6))
        if used["completion"] < FEWEST:  # it has little to say; it is made to talk
            reply = await models.ask(ROLE, messages, schema=_WORDY, max_tokens=600, temperature=1.0, seed=turn + 1)
            used = reply.usage or {}
        answers.append(used["completion"] / max(used["decode_s"], 1e-6))
    progress(1.0, "Measured")
    return {"prompt_tps": round(statistics.median(prompts), 1), "answer_tps": round(statistics.median(answers), 1)}


async def _tensors(models: Models, facts: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    inputs = {name: _zeros(name, one) for name, one in facts["inputs"].items()}
    took: list[float] = []
    for turn in range(2 * ROUNDS + 1):
        progress(turn / (2 * ROUNDS + 1), "Computing")
        began = time.monotonic()
        await models.infer(ROLE, inputs)
        took.append(time.monotonic() - began)
    progress(1.0, "Measured")
    return {"infer_s": round(statistics.median(took[1:]), 6)}


def _zeros(name: str, one: Mapping[str, Any]) -> Any:
    """Zeros of an input's shape, with 1 for every side that is free."""
    sides = [side if isinstance(side, int) and side > 0 else 1 for side in one["shape"]]
    count = 1
    for side in sides:
        count *= side
    if count > _MOST_VALUES:
        raise Refused(f"The input `{name}` has {count:,} values: too many to measure with zeros.")
    value: Any = _ZERO.get(one["type"], 0.0 if "float" in one["type"] or "double" in one["type"] else 0)
    for side in reversed(sides):
        value = [value] * side
    return value
