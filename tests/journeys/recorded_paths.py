"""The good, the retry and the escalation path of every shipped template, and how a run is told without its accidents.

python tests/journeys/recorded_paths.py [TEMPLATE…]     records them anew into tests/specimens/templates
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from template_kit import Life, Site, example, inputs_beside, machine, template

from engine.cli.demo_server import LookupServer
from engine.run.events import from_json, to_json
from engine.settings import resources_dir
from engine.workflow.file import dump_text

FOLDER = Path(__file__).parents[1] / "specimens" / "templates"
PATHS = ("good", "retry", "escalation")
MODELS = {
    "shift-handover": "llama_cpp",
    "machine-alarm": "llama_cpp",
    "goods-in": "llama_cpp",
    "camera-defect": "onnxruntime",
}
"""Which runtime a template needs before its paths can be walked again."""

Walk = Callable[[Site], Awaitable[str]]


def beside(site: Site, name: str, **changed: Any) -> dict[str, Any]:
    """The inputs of a template with its example files in the workspace: a recording names no folder of a PC."""
    examples, given = resources_dir() / "examples", {**inputs_beside(name), **changed}
    site.files.mkdir(parents=True, exist_ok=True)
    for key, value in given.items():
        if isinstance(value, str) and value.startswith(str(examples)):
            shutil.copyfile(value, site.files / Path(value).name)
            if key in ("alarms", "windows"):  # the whole of them would be most of a recording
                _shorten(site.files / Path(value).name)
            given[key] = Path(value).name
    return given


def _shorten(file: Path) -> None:
    text = file.read_text("utf-8")
    if file.suffix == ".json":
        found = json.loads(text)
        kept = {key: found["windows"][key] for key in ("W-07", "W-11")}
        file.write_text(json.dumps({**found, "windows": kept}), "utf-8")
        return
    head, *rows = text.splitlines()
    file.write_text("\n".join([head, *(row for row in rows if ",alarm," in row)]) + "\n", "utf-8")


async def failed_once(life: Life, run: str) -> None:
    """Wait until an attempt of the run has failed."""
    while not [event for event in life.store.journal.events(run) if event.kind == "AttemptFailed"]:
        await life.turn()


async def comes_late(site: Site, name: str, file: str, **inputs: Any) -> tuple[contextlib.AsyncExitStack, Life, str]:
    """A run whose input file is not there at its first attempt."""
    given = beside(site, name, **inputs)
    away = site.files / "away"
    (site.files / given[file]).rename(away)
    stack = contextlib.AsyncExitStack()
    life = await stack.enter_async_context(site.life())
    run = await life.start(name, **given)
    await failed_once(life, run)
    away.rename(site.files / given[file])
    return stack, life, run


async def silence(site: Site, run: str, *waits: float) -> None:
    """The engine is off past each deadline in turn: the question goes on, and in the end nobody has answered."""
    for number, seconds in enumerate(waits):
        site.ahead += seconds
        async with site.life() as life:
            await (life.escalated(run) if number == 0 else life.end(run))


# ---- batch-record-review
async def _signed(life: Life, run: str) -> None:
    for node, who, meaning in (
        ("review", "ann", "I have reviewed this record"),
        ("sign", "bea", "I release this batch"),
    ):
        await life.answer(await life.question(run, node), "approve", who, form={"name": who, "meaning": meaning})
    await life.end(run)


async def batch_good(site: Site) -> str:
    async with site.life() as life:
        run = await life.start("batch-record-review", **beside(site, "batch-record-review"))
        await _signed(life, run)
    return run


async def batch_retry(site: Site) -> str:
    stack, life, run = await comes_late(site, "batch-record-review", "record", record=example("batch_B-0418.csv"))
    async with stack:
        await _signed(life, run)
    return run


async def batch_escalation(site: Site) -> str:
    async with site.life() as life:
        run = await life.start("batch-record-review", **beside(site, "batch-record-review"))
        form = {"name": "Ann Moser", "meaning": "I have reviewed this record"}
        await life.answer(await life.question(run, "review"), "approve", "ann", form=form)
        await life.question(run, "sign")
    await silence(site, run, 86_401, 86_401)
    return run


# ---- camera-defect
async def camera_good(site: Site) -> str:
    async with site.life() as life:
        given = beside(site, "camera-defect", part="P-02", picture=example("surfaces/P-02.png"))
        run = await life.start("camera-defect", **given)
        await life.end(run)
    return run


async def camera_retry(site: Site) -> str:
    stack, life, run = await comes_late(site, "camera-defect", "picture")
    async with stack:
        await life.answer(await life.question(run, "inspect"), "approve", "ines")
        await life.end(run)
    return run


async def camera_escalation(site: Site) -> str:
    async with site.life() as life:
        run = await life.start("camera-defect", **beside(site, "camera-defect"))
        await life.question(run, "inspect")
    await silence(site, run, 121, 601)
    return run


# ---- machine-alarm
async def _alarm(site: Site, alarm: str, *waits: float) -> str:
    site.data.mkdir(exist_ok=True)
    with LookupServer(resources_dir() / "examples", site.data) as server:
        async with site.life() as life:
            given = beside(site, "machine-alarm", alarm=alarm, service=server.url)
            run = await life.start("machine-alarm", **given)
            asked = await life.question(run, "approve")
            if not waits:
                await life.answer(asked, "approve", "lea")
                await life.end(run)
        await silence(site, run, *waits)
    return run


# ---- shift-handover
async def _handover(site: Site, notes: str, *waits: float) -> str:
    async with site.life() as life:
        given = beside(site, "shift-handover")
        (site.files / "notes.txt").write_text(notes, "utf-8")
        run = await life.start("shift-handover", **{**given, "notes": "notes.txt"})
        asked = await life.question(run, "lead")
        if not waits:
            await life.answer(asked, "approve", "lea")
            await life.end(run)
    await silence(site, run, *waits)
    return run


# ---- goods-in
async def _goods(site: Site, order: str, *waits: float) -> str:
    site.data.mkdir(exist_ok=True)
    with LookupServer(resources_dir() / "examples", site.data) as server:
        async with site.life() as life:
            given = beside(site, "goods-in", certificate=example(f"certificate_{order}.txt"), service=server.url)
            run = await life.start("goods-in", **given)
            asked = await life.question(run, "book")
            if not waits:
                await life.answer(asked, "approve", "lea")
                await life.end(run)
        await silence(site, run, *waits)
    return run


# ---- parameter-change
async def _change(site: Site, fault: str = "none", *waits: float) -> str:
    wish = {"speed": 1300, "temperature": 62.5, "pressure": 4.2, "reason": "Thicker product since Monday"}
    async with machine(modbus=0) as (plant, at):
        async with site.life() as life:
            run = await life.start("parameter-change", plant=at["modbus"])
            await life.answer(await life.question(run, "request"), "submit", "ann", form=wish)
            asked = await life.question(run, "approve")
            plant.set_fault(fault, 1)  # type: ignore[arg-type]
            for who in () if waits else ("bea", "cem"):
                await life.answer(asked, "approve", who)
            if not waits:
                await life.end(run)
        await silence(site, run, *waits)
    return run


# ---- excursion
async def excursion_good(site: Site) -> str:
    async with machine(opcua=0) as (_, at), site.life() as life:
        run = await life.start("excursion", **beside(site, "excursion", sensors=at["opcua"]))
        await life.answer(await life.question(run, "duty"), "approve", "quinn")
        await life.end(run)
    return run


async def excursion_retry(site: Site) -> str:
    async with machine(opcua=0) as (_, at):
        stack, life, run = await comes_late(site, "excursion", "window", sensors=at["opcua"])
        async with stack:
            await life.answer(await life.question(run, "duty"), "approve", "quinn")
            await life.end(run)
    return run


async def excursion_escalation(site: Site) -> str:
    async with machine(opcua=0) as (_, at):
        async with site.life() as life:
            run = await life.start("excursion", **beside(site, "excursion", sensors=at["opcua"]))
            await life.question(run, "duty")
        await silence(site, run, 901, 3601)
    return run


NOTES = "PUMP-12 is stopped.\nline 1 stood still for 25 min.\n"
WALKS: Mapping[str, Mapping[str, Walk]] = {
    "batch-record-review": {"good": batch_good, "retry": batch_retry, "escalation": batch_escalation},
    "camera-defect": {"good": camera_good, "retry": camera_retry, "escalation": camera_escalation},
    "excursion": {"good": excursion_good, "retry": excursion_retry, "escalation": excursion_escalation},
    "goods-in": {
        "good": lambda site: _goods(site, "PO-4711"),
        "retry": lambda site: _goods(site, "PO-4715"),
        "escalation": lambda site: _goods(site, "PO-4711", 28_801, 28_801),
    },
    "machine-alarm": {
        "good": lambda site: _alarm(site, "W-11"),
        "retry": lambda site: _alarm(site, "W-07"),
        "escalation": lambda site: _alarm(site, "W-11", 1_801, 1_801),
    },
    "parameter-change": {
        "good": lambda site: _change(site),
        "retry": lambda site: _change(site, "dropped"),
        "escalation": lambda site: _change(site, "none", 1_801, 1_801),
    },
    "shift-handover": {
        "good": lambda site: _handover(site, NOTES),
        "retry": lambda site: _handover(site, NOTES + "About 40 parts are in the wrong rack.\n"),
        "escalation": lambda site: _handover(site, NOTES, 1_801, 1_801),
    },
}


def events_of(site: Site, run: str) -> list[Any]:
    """The run's journal as it stands in the data file."""
    from engine.store import DATA_FILE, open_store

    with open_store(site.data / DATA_FILE, role="client") as store:
        return list(store.journal.events(run))


def story(events: Sequence[Any]) -> dict[str, list[str]]:
    """What happened, by step and in order, and how the run ended: without times, ids, values, and who was faster."""
    told: dict[str, list[str]] = {}
    for event in events:
        node = getattr(event, "node", "")
        line = {
            "AttemptStarted": lambda e: f"attempt {e.attempt}",
            "AttemptFailed": lambda e: f"attempt {e.attempt} failed: {e.error.cls}",
            "EffectStarted": lambda e: f"{e.key} {e.effect} {e.tool}",
            "EffectSucceeded": lambda e: f"{e.key} done {e.tool}",
            "EffectFailed": lambda e: f"{e.key} failed: {e.error.cls}",
            "EffectInDoubt": lambda e: f"{e.key} in doubt",
            "QuestionAsked": lambda e: f"asks: {e.type}",
            "QuestionAnswered": lambda e: f"{e.actor} answers {e.option}",
            "QuestionEscalated": lambda e: f"goes on to {e.to}",
            "QuestionSettled": lambda e: f"settled: {e.outcome}",
            "RoundStarted": lambda e: f"round {e.round}",
            "HandedOff": lambda e: f"hands over to {e.to}",
            "ToolCallRefused": lambda e: f"call of {e.tool} refused",
            "ModelSwitched": lambda e: f"{e.to_model} takes over",
            "StepSucceeded": lambda e: f"ends: {', '.join(sorted(e.outputs))}",
            "StepFailed": lambda e: f"fails: {e.error.cls}",
            "StepCancelled": lambda e: "cancelled",
            "MergeArmed": lambda e: "waits with a deadline",
        }.get(event.kind)
        if event.kind == "StepsSkipped":
            for one in event.steps:
                told.setdefault(one.node if hasattr(one, "node") else str(one[0]), []).append("skipped")
        elif event.kind in ("RunCompleted", "RunFailed", "RunCancelled"):
            told.setdefault("", []).append(event.kind)
        elif line is not None:
            told.setdefault(node, []).append(line(event))
    return told


def read(name: str, path: str) -> list[Any]:
    """A recorded run."""
    return [from_json(line) for line in (FOLDER / name / f"{path}.journal.jsonl").read_text("utf-8").splitlines()]


async def _record(name: str, path: str) -> None:
    with tempfile.TemporaryDirectory(prefix="recorded-") as folder:
        site = Site(Path(folder) / "data")
        site.data.mkdir()
        run = await WALKS[name][path](site)
        text = "\n".join(to_json(event) for event in events_of(site, run)) + "\n"
        for place, shown in ((folder, ""), (str(resources_dir()), "resources")):  # where models lie
            text = text.replace(json.dumps(place)[1:-1], shown)
    assert str(Path.home()) not in text and str(Path.cwd()) not in text, f"{name}, {path} names a folder of this PC"
    (FOLDER / name / f"{path}.journal.jsonl").write_text(text, "utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:] or WALKS:
        (FOLDER / name).mkdir(parents=True, exist_ok=True)
        (FOLDER / name / f"{name}.workflow.yaml").write_text(dump_text(template(name)), "utf-8")
        for path in PATHS:
            asyncio.run(asyncio.wait_for(_record(name, path), 300))
            print(name, path, json.dumps(story(read(name, path)), ensure_ascii=False)[:300])
