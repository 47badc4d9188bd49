"""`signalboxctl bench`: what durability costs here, as ratios to the same disk's raw commits, measured in one run.

Raw and engine slices alternate in one process, because a disk's speed drifts; each figure is the median of its slices.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.executor import collector
from engine.executor.executor import Executor
from engine.executor.recovery import recover
from engine.executor.requests import Desk
from engine.expressions import compile, evaluate
from engine.models import Models
from engine.nodes.catalog import shape_of
from engine.run.history import fold
from engine.settings import Settings
from engine.store import DATA_FILE, Lease, RawCommits, Store, open_store
from engine.tools.registry import tools
from engine.workflow.model import Edge, Node, Workflow
from engine.workflow.order import compile as compile_workflow

STEPS = 200
PAYLOAD_BYTES = 400
SLICES = 9
AT_ONCE = 16
HISTORY = (1_000, 10_000, 100_000)
SAY = Callable[[str], None]


def chain(steps: int, text: str = "") -> Workflow:
    """A line of steps that do nothing but pass a value on."""
    values: dict[str, Any] = {"text": text} if text else {}
    return Workflow(
        name="bench-chain",
        nodes=tuple(Node(key=f"n{i}", type="data.set", params={"values": values}) for i in range(steps)),
        edges=tuple(Edge.parse(f"n{i}.output -> n{i + 1}.input") for i in range(steps - 1)),
    )


class _Bench:
    """An engine on a data folder of its own, driven without a host around it."""

    def __init__(self, folder: Path, *, run_ahead: bool) -> None:
        collector.rest()
        settings = Settings(run_ahead=run_ahead)
        self.lease = Lease.acquire(folder, "bench")
        self.store: Store = open_store(folder / DATA_FILE, role="engine")
        self.models = Models(settings, folder)
        self.executor = Executor(self.store, settings, self.models, tools(), epoch=self.lease.epoch)
        self.desk = Desk(self.executor, lambda workflow: None)
        recover(self.executor, self.desk.serve)
        self._runs = 0

    async def run(self, digest: str, times: int = 1) -> float:
        """Seconds until this many runs, started together, have ended on disk."""
        names = [f"bench{self._runs + number}" for number in range(times)]
        self._runs += times
        for name in names:
            self.store.requests.insert("run", {"workflow": digest, "run": name}, "bench", at=time.time())
        ends = [asyncio.ensure_future(self.executor.ended(name)) for name in names]
        await asyncio.sleep(0)
        began = time.perf_counter()
        self.desk.serve()
        await asyncio.gather(*ends)
        await self.executor.writer.durable()
        return time.perf_counter() - began

    async def close(self) -> None:
        """End cleanly."""
        await self.executor.close()
        await self.models.close()
        self.store.close()
        self.lease.release()


async def _ratio(folder: Path, *, run_ahead: bool, times: int = 1) -> dict[str, float]:
    bench = _Bench(folder, run_ahead=run_ahead)
    raw = RawCommits(folder / "raw.sqlite", "x" * 300)
    ratios, rates = [], []
    try:
        digest = bench.store.library.put(chain(STEPS))
        await bench.run(digest)
        for _ in range(SLICES):
            before = raw.rate(STEPS // 2)
            rate = STEPS * times / await bench.run(digest, times)
            ratios.append(rate / ((before + raw.rate(STEPS // 2)) / 2))
            rates.append(rate)
    finally:
        raw.close()
        await bench.close()
    low, middle, high = statistics.quantiles(ratios, n=4)
    return {
        "ratio": round(middle, 2),
        "quartiles": [round(low, 2), round(high, 2)],  # type: ignore[dict-item]
        "steps_per_s": round(statistics.median(rates)),
    }


async def _growth(folder: Path) -> dict[str, float]:
    """Bytes on disk for each step, payload included, after a checkpoint."""
    bench = _Bench(folder, run_ahead=True)
    digest = bench.store.library.put(chain(STEPS, "x" * PAYLOAD_BYTES))
    file = folder / DATA_FILE
    await bench.run(digest)
    await asyncio.to_thread(bench.store.journal.checkpoint)
    before = file.stat().st_size
    for _ in range(5):
        await bench.run(digest)
    await bench.close()
    return {"bytes": round((file.stat().st_size - before) / (5 * STEPS)), "payload": PAYLOAD_BYTES}


async def _history(folder: Path, say: SAY) -> dict[str, dict[str, float]]:
    """Seconds to take up a run of so many events, against reading and decoding the same rows."""
    found: dict[str, dict[str, float]] = {}
    bench = _Bench(folder, run_ahead=True)
    try:
        for events in HISTORY:
            workflow = chain(events // 2)
            digest = bench.store.library.put(workflow)
            orders = {digest: compile_workflow(workflow, shape_of)}
            await bench.run(digest)
            run = f"bench{bench._runs - 1}"
            raws, folds = [], []
            for _ in range(3):
                began = time.perf_counter()
                for _, _, body in bench.store.journal.bodies(run):
                    json.loads(body)
                raws.append(time.perf_counter() - began)
                began = time.perf_counter()
                fold(bench.store.journal.events(run), orders.__getitem__)
                folds.append(time.perf_counter() - began)
            raw, folded = min(raws), min(folds)
            found[str(events)] = {"seconds": round(folded, 4), "raw_s": round(raw, 4), "ratio": round(folded / raw, 2)}
            say(f"resume of {events} events")
    finally:
        await bench.close()
    return found


def _expression_us() -> float:
    expression = compile("input.reading.value * 2.0 + 1.0 > 10.0 && size(input.reading.tags) > 1")
    scope = {"input": {"reading": {"value": 7.5, "tags": ["a", "b"]}}, "steps": {}, "run": {}, "item": None, "index": 0}
    evaluate(expression, scope)
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(500):
            evaluate(expression, scope)
        best = min(best, (time.perf_counter() - began) / 500)
    return round(best * 1e6, 1)


async def measure(say: SAY = lambda text: None, *, models: bool = True) -> dict[str, Any]:
    """All figures. `say` hears what has been measured; without `models` the two model figures are null."""
    with tempfile.TemporaryDirectory(prefix="signalbox-bench-") as name:
        root = Path(name)
        for part in ("chain", "awaited", "concurrent", "growth", "history"):
            (root / part).mkdir()
        ahead = await _ratio(root / "chain", run_ahead=True)
        say("a line of steps, run ahead")
        awaited = await _ratio(root / "awaited", run_ahead=False)
        say("a line of steps, each awaited")
        concurrent = await _ratio(root / "concurrent", run_ahead=True, times=AT_ONCE)
        say(f"{AT_ONCE} runs at once")
        growth = await _growth(root / "growth")
        resume = await _history(root / "history", say)
    found: dict[str, Any] = {
        "chain_vs_raw": ahead["ratio"],
        "chain_awaited_vs_raw": awaited["ratio"],
        "concurrent_vs_raw": concurrent["ratio"],
        "resume_seconds": resume,
        "bytes_per_step": growth["bytes"],
        "expression_us": _expression_us(),
        "tokens_vs_direct": None,
        "prefill_speedup": None,
        "detail": {"chain": ahead, "awaited": awaited, "concurrent": concurrent, "growth": growth, "steps": STEPS},
    }
    if models:
        from engine.models.bench import measure as measure_models

        found |= await measure_models()
        say("the model")
    return found
