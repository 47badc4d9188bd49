"""What is kept of a conversation on disk: the workflow's own words, from one life of the engine to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from engine_kit import Place, in_loop, workflow

from engine.executor.own_words import own_words
from engine.models import Models
from engine.settings import Settings
from engine.workflow.model import Node
from tests.models.conftest import DATA

TALK = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
RULES = "You look after the pumps of the plant and say what each alarm means. " * 3


def test_only_a_system_message_that_no_run_fills_in_is_the_workflows_own() -> None:
    assert own_words({"instructions": "Be brief.", "labels": ["a"]}, TALK) == 1
    assert own_words({}, TALK) == 1, "a type's own instructions"
    for raw in (
        {"instructions": "Of {{ input.name }}."},
        {"instructions": "x", "labels": ["a", "{{ input }}"]},
        {"instructions": "x", "labels": "{{ input.labels }}"},
        {"instructions": "x", "hand_offs": {"b": "for {{ input }}"}},
        {"messages": [{"role": "system", "content": "x"}]},
    ):
        assert own_words(raw, TALK) == 0
    assert own_words({}, TALK[1:]) == 0 == own_words({}, TALK[:1])


@pytest.mark.needs_llama
@in_loop
async def test_an_agent_of_the_next_engine_begins_where_the_last_one_ended_with_its_instructions(place: Place) -> None:
    roles = {"small": {"model": str(DATA / "tiny.gguf"), "n_ctx": 1024}}
    memory = {"prefix_cache_worth_s": 0.0}
    settings = Settings.model_validate({"roles": roles, "memory": memory})
    output = {"type": "object", "properties": {"a": {"enum": ["x", "y"]}}, "required": ["a"]}

    def agent(instructions: str) -> Any:
        params = {"model": "small", "instructions": instructions, "input": "pump 7 shakes", "output": output}
        return workflow(Node(key="think", type="agent", params=params))

    async def restored(instructions: str) -> list[int]:
        async with place.life(Models(settings, place.data), roles=roles, memory=memory) as engine:
            run = await engine.start(agent(instructions))
            assert (await engine.end(run)).status == "completed"
        return [event.usage.get("prompt_restored", 0) for event in place.events(run) if event.kind == "EffectSucceeded"]

    assert await restored(RULES) == [0]
    (count,) = await restored(RULES)
    assert count > 150, "what the instructions and the tools take"
    filled = RULES + "{{ '' }}"
    assert await restored(filled) == [0] == await restored(filled)
    assert len(list(Path(place.data / "models" / "cache").iterdir())) == 1
