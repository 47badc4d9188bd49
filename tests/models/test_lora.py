"""Adapters on a role: switched from request to request in one process, refused with a sentence when they do not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.errors import Refused, StepError
from engine.models import Models
from engine.models.files import sha256
from engine.models.lora_file import check_lora
from engine.models.slots import Slot, choose
from tests.models.conftest import DATA
from tests.models.lora_kit import make_lora

TINY = DATA / "tiny.gguf"
QUERY = "blk.0.attn_q.weight"
PROMPTS = [[{"role": "user", "content": f"the alarm of pump {number}"}] for number in range(6)]
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a model instead": ({"meta": {"general.type": "model"}}, "of type `model`, not an adapter"),
    "another architecture": ({"meta": {"general.architecture": "qwen2"}}, "is for `qwen2` models"),
    "another kind of adapter": ({"meta": {"adapter.type": "ia3"}}, "of type `ia3`, not `lora`"),
    "no strength": ({"meta": {"adapter.lora.alpha": None}}, "does not say how strong it is"),
    "a strength that is no number": ({"meta": {"adapter.lora.alpha": float("nan")}}, "does not say how strong it is"),
    "half of it": ({"shapes": {f"{QUERY}.lora_b": None}}, "only a part of what changes"),
    "a tensor that is not there": (
        {"shapes": {"blk.99.attn_q.weight.lora_a": (64, 2), "blk.99.attn_q.weight.lora_b": (2, 64)}},
        "which the model does not have",
    ),
    "too wide": ({"shapes": {f"{QUERY}.lora_a": (96, 2)}}, "does not fit the model"),
    "two ranks": ({"shapes": {f"{QUERY}.lora_a": (64, 3)}}, "does not fit the model"),
    "one dimension": ({"shapes": {f"{QUERY}.lora_a": (64,)}}, "does not fit the model"),
}


@pytest.mark.parametrize("way", WRONG)
def test_an_adapter_that_does_not_fit_is_refused_with_one_sentence(tmp_path: Path, way: str) -> None:
    wrong, said = WRONG[way]
    path = make_lora(tmp_path / "a.gguf", TINY, **wrong)
    with pytest.raises(Refused) as caught:
        check_lora(path, TINY)
    assert said in caught.value.what and caught.value.where == str(path) and caught.value.remedy


def test_an_adapter_that_fits_is_taken_and_a_cut_off_one_is_not(tmp_path: Path) -> None:
    path = make_lora(tmp_path / "a.gguf", TINY)
    check_lora(path, TINY)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(Refused, match="cut off"):
        check_lora(path, TINY)
    with pytest.raises(Refused, match="is not there"):
        check_lora(tmp_path / "none.gguf", TINY)


def test_tokens_that_other_adapters_evaluated_are_not_used() -> None:
    one: Any = (("a" * 64, 1.0),)
    slots = [Slot(0, [1, 2, 3], used=1, adapters=one), Slot(1, [9], used=2)]
    assert choose(slots, [1, 2, 3, 4], one) == (slots[0], 3)
    assert choose(slots, [1, 2, 3, 4]) == (slots[0], 0), "the oldest one, and nothing of it"
    assert choose(slots, [1, 2, 3, 4], (("a" * 64, 0.5),)) == (slots[0], 0)


@pytest.mark.needs_llama
def test_scale_0_changes_nothing_scale_1_does_and_switching_back_is_as_before(tmp_path: Path, with_models: Any) -> None:
    path = make_lora(tmp_path / "style.gguf", TINY)

    def role(**lora: Any) -> dict[str, Any]:
        return {"model": str(TINY), "n_ctx": 512, "unsure_below": 0.0, **lora}

    async def body(models: Models) -> None:
        async def answers(name: str) -> list[tuple[str, float | None]]:
            replies = [await models.ask(name, prompt, max_tokens=12) for prompt in PROMPTS]
            return [(reply.text, reply.confidence) for reply in replies]

        plain = await answers("small")
        changed = await answers("styled")
        assert all(one != other for one, other in zip(plain, changed, strict=True))
        assert await answers("muted") == plain, "scale 0: to the last digit of the confidence"
        assert await answers("half") not in (plain, changed)
        assert await answers("small") == plain and await answers("styled") == changed
        assert len(psutil.Process().children()) == 1, "all of them share one process"
        reply = await models.ask("styled", PROMPTS[0], max_tokens=2)
        assert reply.model is not None
        assert reply.model["lora"] == [{"file": "style.gguf", "sha256": sha256(path), "scale": 1.0}]
        assert models.describe("styled")["lora"] == reply.model["lora"] and "lora" not in models.describe("small")
        make_lora(path, TINY, seed=2)
        assert await answers("styled") not in (plain, changed), "another file of that name is another adapter"

    with_models(
        body,
        small=role(),
        styled=role(lora=[{"file": str(path)}]),
        muted=role(lora=[{"file": str(path), "scale": 0}]),
        half=role(lora=[{"file": str(path), "scale": 0.5}]),
    )


@pytest.mark.needs_llama
def test_a_conversation_finds_its_own_tokens_again_and_never_those_of_another_adapter(
    tmp_path: Path, with_models: Any
) -> None:
    path = make_lora(tmp_path / "style.gguf", TINY)
    long = [{"role": "user", "content": "the manual says " * 20}]

    async def body(models: Models) -> None:
        await models.ask("styled", PROMPTS[0], max_tokens=1)  # loads it, and begins with a new memory
        cached = {}
        for turn in (1, 2):
            for name in ("small", "styled"):
                usage = (await models.ask(name, long, max_tokens=2)).usage
                assert usage is not None
                cached[name, turn] = usage["prompt"] - usage["prompt_cached"]
        assert min(cached["small", 1], cached["styled", 1]) > 200
        assert cached["small", 2] == cached["styled", 2] == 1

    with_models(body, styled={"model": str(TINY), "n_ctx": 4096, "lora": [{"file": str(path)}]})


@pytest.mark.needs_llama
def test_a_wrong_adapter_fails_the_question_and_not_the_model(tmp_path: Path, with_models: Any) -> None:
    wrong = make_lora(tmp_path / "wrong.gguf", TINY, shapes={f"{QUERY}.lora_a": (96, 2)})

    async def body(models: Models) -> None:
        before = await models.ask("small", PROMPTS[0], max_tokens=5)
        for name, said in (("wrong", "does not fit the model"), ("gone", "The adapter gone.gguf is not there")):
            with pytest.raises(StepError, match=said) as caught:
                await models.ask(name, PROMPTS[0], max_tokens=5)
            assert caught.value.cls == "invalid" and not caught.value.retryable
        assert (await models.ask("small", PROMPTS[0], max_tokens=5)).text == before.text

    with_models(
        body,
        wrong={"model": str(TINY), "lora": [{"file": str(wrong)}]},
        gone={"model": str(TINY), "lora": [{"file": "gone.gguf"}]},
    )


def test_adapters_are_for_language_models_on_this_pc() -> None:
    from engine.settings import Settings

    lora = [{"file": "a.gguf"}]
    for role in ({"model": "a.onnx", "lora": lora}, {"model": "m", "provider": "openai", "lora": lora}):
        with pytest.raises(ValueError, match="`lora` is for"):
            Settings.model_validate({"roles": {"r": role}})
    with pytest.raises(ValueError, match="named twice"):
        Settings.model_validate({"roles": {"r": {"model": "a.gguf", "lora": [*lora, *lora]}}})
