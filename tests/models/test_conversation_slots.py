"""Several conversations keep what was evaluated of each."""

from __future__ import annotations

from typing import Any

import pytest

from engine.models import Models
from engine.models.slots import MEMORY, Slot, choose, common, slot_count

SYSTEM = list(range(100, 130))


def test_a_prompt_that_goes_on_gets_the_slot_that_holds_its_beginning() -> None:
    slots = [Slot(0, [*SYSTEM, 1, 2], used=2), Slot(1, [*SYSTEM, 7, 8], used=1)]
    assert choose(slots, [*SYSTEM, 1, 2, 3, 4]) == (slots[0], 32)
    assert choose(slots, [*SYSTEM, 7, 8, 9]) == (slots[1], 32)


def test_the_same_prompt_again_gets_its_slot_however_long_the_answer_was() -> None:
    slots = [Slot(0, [*SYSTEM, *range(500)], used=1), Slot(1, [], used=0)]
    assert choose(slots, SYSTEM) == (slots[0], 30)


def test_a_new_conversation_replaces_the_one_asked_longest_ago_and_keeps_what_they_share() -> None:
    slots = [Slot(0, [*SYSTEM, *range(20)], used=2), Slot(1, [*SYSTEM, *range(40, 60)], used=1)]
    assert choose(slots, [*SYSTEM, 77, 78, 79]) == (slots[1], 30)


def test_a_model_with_large_memory_gets_one_slot() -> None:
    assert [slot_count(size) for size in (0, MEMORY // 8, MEMORY // 2, MEMORY * 9)] == [4, 4, 2, 1]


def test_what_two_prompts_share_is_what_both_begin_with() -> None:
    assert [common([1, 2, 3], other) for other in ([], [2], [1, 2], [1, 2, 3, 4], [1, 9, 3])] == [0, 0, 2, 3, 1]


@pytest.mark.needs_llama
def test_conversations_that_take_turns_each_evaluate_only_what_is_new(with_models: Any) -> None:
    def conversation(number: int) -> list[dict[str, str]]:
        system = {"role": "system", "content": "the manual says " * 20}
        return [system, {"role": "user", "content": f"{number} alarm " * 30}]

    async def body(models: Models) -> None:
        talks = [conversation(number) for number in range(3)]
        new: list[list[int]] = []
        answers: list[list[Any]] = []
        for _ in range(2):
            replies = [
                await models.ask("small", talk, schema={"type": "string", "pattern": "^[a-z]{9}$"}) for talk in talks
            ]
            new.append([reply.usage["prompt"] - reply.usage["prompt_cached"] for reply in replies if reply.usage])
            answers.append([reply.value for reply in replies])
            for talk, reply in zip(talks, replies, strict=True):
                talk += [{"role": "assistant", "content": reply.text}, {"role": "user", "content": "and?"}]
        assert all(first >= 5 * second for first, second in zip(*new, strict=True))
        alone = [
            await models.ask("small", talk[:2], schema={"type": "string", "pattern": "^[a-z]{9}$"}) for talk in talks
        ]
        assert [reply.value for reply in alone] == answers[0]

    with_models(body)
