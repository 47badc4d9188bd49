"""What the model process costs: generation beside llama.cpp called directly, and what keeping evaluated tokens saves.

`python -m engine.models.bench <model> <threads>` is the direct side: a process of its own that reads conversations as
JSON lines and answers each with {tokens, seconds}. Slices of both sides alternate, since other programs come and go.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from engine.models.service import Models, default_threads
from engine.settings import Settings, model_path

ROLE, CONVERSATIONS, ROUNDS, MAX_TOKENS, TURNS = "small", 5, 12, 120, 5
_TREND = ("rising", "dropping", "spiking", "oscillating", "flat-high", "normal")


async def measure() -> dict[str, Any]:
    """{tokens_vs_direct, prefill_speedup} of the shipped small model; empty where llama.cpp is not installed."""
    settings = Settings()
    # the direct side does not work out a confidence either: the same work on both sides
    plain = settings.roles[ROLE].model_copy(update={"unsure_below": None})
    settings = settings.model_copy(update={"roles": {**settings.roles, ROLE: plain}})
    with tempfile.TemporaryDirectory(prefix="signalbox-bench-") as folder:
        path = model_path(settings.roles[ROLE], Path(folder))
        if importlib.util.find_spec("llama_cpp") is None or not path.is_file():
            return {}
        models = Models(settings, Path(folder))
        try:
            return {
                "tokens_vs_direct": await _beside_direct(models, path),
                "prefill_speedup": await _second_turn(models),
            }
        finally:
            await models.close()


def _conversation(number: int) -> list[dict[str, str]]:
    text = (
        f"machine: PUMP-{10 + number}\ncode: E142\nfamily: vibration\ntrend: {_TREND[number % 6]}\n"
        f"level: {80 + 3 * number} %\nanomaly: yes\nrepeats: {number}\nmode: production\ntext: bearing housing shakes"
    )
    return [
        {"role": "system", "content": "Summarise the alarm in one sentence."},
        {"role": "user", "content": text},
    ]


async def _beside_direct(models: Models, path: Path) -> float:
    """Tokens a second here over tokens a second there, both from the first token on, in the process that computes.

    The best of several rounds on each side: what other programs take away is no property of either.
    """
    direct = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "engine.models.bench", str(path), str(default_threads())),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    assert direct.stdin is not None and direct.stdout is not None
    best: dict[tuple[int, str], float] = {}
    try:
        for turn in range(ROUNDS * CONVERSATIONS):
            number = turn % CONVERSATIONS
            messages = _conversation(number)
            reply = await models.ask(ROLE, messages, max_tokens=MAX_TOKENS)
            direct.stdin.write(json.dumps(messages).encode() + b"\n")
            other = json.loads(await direct.stdout.readline())
            assert reply.usage is not None
            for side, speed in (
                ("here", reply.usage["completion"] / reply.usage["decode_s"]),
                ("there", other["tokens"] / other["seconds"]),
            ):
                best[number, side] = max(float(speed), best.get((number, side), 0.0))
    finally:
        direct.stdin.close()
        await direct.wait()
    pairs: list[float] = [best[number, "here"] / best[number, "there"] for number in range(CONVERSATIONS)]
    return round(statistics.median(pairs), 3)


async def _second_turn(models: Models) -> float:
    """Seconds to evaluate the first prompt of a conversation over those of its second turn: the median of several."""
    ratios: list[float] = []
    for number in range(TURNS):
        messages = [{"role": "system", "content": f"{number} " + "Use the manual of the pump. " * 60}]
        messages += _conversation(number)[1:]
        first = await models.ask(ROLE, messages, max_tokens=MAX_TOKENS)
        messages += [{"role": "assistant", "content": first.text}, {"role": "user", "content": "And the part?"}]
        second = await models.ask(ROLE, messages, max_tokens=1)
        assert first.usage is not None and second.usage is not None
        ratios.append(first.usage["prefill_s"] / second.usage["prefill_s"])
    return round(statistics.median(ratios), 1)


def _serve_directly(path: str, threads: int) -> None:
    """llama-cpp-python as its own documentation uses it: its token generator, greedy, with each token's text."""
    target = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import llama_cpp
    from llama_cpp.llama_chat_format import Jinja2ChatFormatter

    model = llama_cpp.Llama(path, n_ctx=1024, n_threads=threads, n_threads_batch=threads, verbose=False)
    template = Jinja2ChatFormatter(model.metadata["tokenizer.chat_template"], eos_token="", bos_token="")
    for line in sys.stdin:
        prompt = model.tokenize(template(messages=json.loads(line)).prompt.encode(), add_bos=False, special=True)
        count, text, begin = 0, b"", 0.0
        for token in model.generate(prompt, temp=0.0):
            begin = begin or time.perf_counter()
            if token == model.token_eos() or count == MAX_TOKENS:
                break
            text += model.detokenize([token])
            count += 1
        json.dump({"tokens": count, "seconds": time.perf_counter() - begin}, target)
        target.write("\n")
        target.flush()


if __name__ == "__main__":
    _serve_directly(sys.argv[1], int(sys.argv[2]))
