"""The chain on this engine, driven without a host around it; variants: `ahead` (the default settings) and `awaited`."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from pathlib import Path

from chain import STEPS, TEXT, Entrant, durability, serve

from engine.cli.bench import _Bench
from engine.run.events import RunCompleted
from engine.workflow.model import Edge, Node, Workflow

COMMITS = {
    "ahead": "group commit; steps without effects run at most 64 batches ahead of the disk",
    "awaited": "each step begins when the one before it is on disk",
}


def workflow() -> Workflow:
    """Each step counts on and returns the whole state, as the peers' steps do."""
    values = {"n": "{{ input.input.n + 1 }}", "text": "{{ input.input.text }}"}
    first = Node(key="n1", type="data.set", params={"values": {"n": 1, "text": TEXT}})
    others = (Node(key=f"n{i}", type="data.set", params={"values": values}) for i in range(2, STEPS + 1))
    return Workflow(
        name="peers-chain",
        nodes=(first, *others),
        edges=tuple(Edge.parse(f"n{i}.output -> n{i + 1}.input") for i in range(1, STEPS)),
        outputs={"n": f"{{{{ steps.n{STEPS}.output.n }}}}"},
    )


def make(folder: Path, variant: str) -> Entrant:
    async def begin() -> tuple[_Bench, str]:
        bench = _Bench(folder, run_ahead=variant == "ahead")
        return bench, bench.store.library.put(workflow())

    runner = asyncio.Runner()
    bench, digest = runner.run(begin())

    def run() -> None:
        runner.run(bench.run(digest))

    def ended_at() -> int:
        *_, last = bench.store.journal.events(f"bench{bench._runs - 1}")
        return int(last.outputs["n"]) if isinstance(last, RunCompleted) else -1

    def close() -> None:
        runner.run(bench.close())
        runner.close()

    run()  # the writer's connection is opened at its first use
    facts = {"version": version("signalbox"), **durability(bench.store.journal._writer), "commits": COMMITS[variant]}
    return Entrant(facts, run, ended_at, close)


if __name__ == "__main__":
    serve(make)
