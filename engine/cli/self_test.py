"""`self-test`: does this installation do its job? Runs, the chain, the shipped models, and what `trials` has."""

from __future__ import annotations

import asyncio
import importlib.util
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli import codes, options, trials

if TYPE_CHECKING:
    from engine.settings import Settings

WORKFLOW = """
format: 1
name: self-test
nodes:
  order:
    type: data.set
    params: {values: {part: BRG-A, count: 2}}
  approve:
    type: gate
    params: {headline: "Order {{ steps.order.output.count }} of {{ steps.order.output.part }}?", editable: [count]}
  write:
    type: file.write
    params: {path: order.json, content: "{{ input.input.value }}"}
edges:
  - order.output -> approve.input
  - approve.approved -> write.input
outputs: {order: "{{ steps.approve.output.value }}"}
"""
CHANGED = {"part": "BRG-A", "count": 3}
SAY = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"], "additionalProperties": False}
LOAD_S = 120.0
_TALK = [
    {"role": "system", "content": "Answer whether the pump is on. " * 8},
    {"role": "user", "content": "Is this on?"},
]


def self_test(json: options.Json = False) -> int:
    """Try this installation in a folder of its own: runs, devices, secrets, the network's rules, the shipped models."""
    from engine.cli.output import print_json

    with tempfile.TemporaryDirectory(prefix="signalbox-", ignore_cleanup_errors=True) as folder:
        found = asyncio.run(_parts(Path(folder)))
    good = all(part["ok"] is not False for part in found)
    if json:
        print_json({"ok": good, "parts": found})
    else:
        for part in found:
            word = {True: "ok", False: "FAILED", None: "skipped"}[part["ok"]]
            print(f"{word:<8} {part['part']:<18} {part['seconds']:>6.2f} s  {part['said']}")
    return codes.COMPLETED if good else codes.FAILED


async def _parts(folder: Path) -> list[dict[str, Any]]:
    from engine.settings import Settings

    settings = Settings(run_ahead=True)
    found = [
        await _part("workflow", _workflow(_empty(folder, "workflow"), settings)),
        await _part("templates", trials.templates(_empty(folder, "templates"))),
        await _part("template on modbus", _template(_empty(folder, "template"), settings)),
        await _part("secrets", trials.secrets(_empty(folder, "secrets"))),
        await _part("keyring", trials.keyring(folder)),
        await _part("gateway", trials.gateway(folder)),
        *[await _part(f"device {name}", trials.device(folder, name)) for name in trials.PROTOCOLS],
        await _part("tool servers", trials.servers(folder)),
        await _part("remote models", trials.remote(folder)),
    ]
    for role, setting in settings.roles.items():
        if setting.kind == "remote":
            continue  # a self-test leaves this PC alone, and costs nothing
        library = "llama_cpp" if setting.kind == "gguf" else "onnxruntime"
        found.append(await _part(f"model {role}", _model(folder, settings, role, setting.kind, library)))
    found.append(await _part("adapter and cache", _adapted(_empty(folder, "adapted"))))
    return found


def _empty(folder: Path, name: str) -> Path:
    """A data folder of its own for one part."""
    (folder / name).mkdir()
    return folder / name


async def _part(name: str, work: Any) -> dict[str, Any]:
    """One part's outcome; whatever it raises is a fault of this copy or this PC, and the other parts are tried."""
    from engine.errors import SignalboxError

    began = time.perf_counter()
    try:
        ok, said = await work
    except SignalboxError as error:
        ok, said = False, str(error)
    except Exception as error:
        ok, said = False, f"{type(error).__name__}: {error}"
    return {"part": name, "ok": ok, "seconds": round(time.perf_counter() - began, 3), "said": said}


async def _workflow(folder: Path, settings: Settings) -> tuple[bool, str]:
    """Order, approve with a changed value, write; then the file and the hash chain are looked at."""
    import json as json_

    from engine.cli.attend import Attendant
    from engine.cli.question import Answer
    from engine.cli.screens import Silent
    from engine.cli.session import Session
    from engine.observe.family import Family
    from engine.store import verify
    from engine.workflow.file import load_text

    answers = {"approve": Answer("approve_with_changes", {"value": CHANGED})}
    async with Session(folder, settings) as session:
        digest = session.store.library.put(load_text(WORKFLOW))
        reply = await session.ask("run", {"workflow": digest}, "self-test")
        if not reply.accepted:
            return False, reply.reason
        family = Family(session.store, str(reply.result["run"]))
        await Attendant(session, family, Silent(), answers=answers, actor="self-test", keyboard=None).stay()
        faults = verify(session.store)
    run = family.main
    if run.status != "completed":
        return False, f"The run has {run.status}" + (f": {run.error.message}" if run.error else ".")
    if faults:
        return False, f"The journal is not what was written: {faults[0].what}"
    written = json_.loads((settings.workspace_dir(folder) / "order.json").read_bytes())
    if written != CHANGED:
        return False, f"The file holds {written}, not {CHANGED}."
    return True, f"{run.seq} events, gate answered, file written, chain verified"


async def _template(folder: Path, settings: Settings) -> tuple[bool | None, str]:
    """The controlled parameter change: one asks, two approve, the simulated machine holds what was asked for."""
    from engine.cli.attend import Attendant
    from engine.cli.documents import read_workflow
    from engine.cli.question import Answer
    from engine.cli.screens import Silent
    from engine.cli.session import Session
    from engine.observe.family import Family
    from engine.settings import resources_dir
    from engine.tools.devices.box.box import plant_in_a_box
    from engine.tools.devices.box.plant import Plant

    if importlib.util.find_spec("pymodbus") is None:
        return None, "pymodbus is not installed"
    wish = {"speed": 1300, "temperature": 62.5, "pressure": 4.2, "reason": "trying this copy"}
    plant, workflow = Plant(), resources_dir() / "templates" / "parameter-change.workflow.yaml"
    async with plant_in_a_box(plant, {"modbus": 0}, ticking=False) as at, Session(folder, settings) as session:
        digest = session.store.library.put(read_workflow(workflow))
        reply = await session.ask("run", {"workflow": digest, "inputs": {"plant": at["modbus"]}}, "ann")
        if not reply.accepted:
            return False, reply.reason
        family = Family(session.store, str(reply.result["run"]))
        answers = {"ann": {"request": Answer("submit", {"form": wish})}}
        for who in ("ann", "bea", "cem"):
            given = answers.get(who, {"approve": Answer("approve")})
            await Attendant(session, family, Silent(), answers=given, actor=who, keyboard=None).stay()
    run, written = family.main, [value for _, value, _ in plant.writes]
    if run.status != "completed":
        return False, f"The run has {run.status}" + (f": {run.error.message}" if run.error else ".")
    if written != [wish["speed"], wish["temperature"], wish["pressure"]]:
        return False, f"The machine was told {written}."
    return True, f"{run.seq} events, two approved, three set-points written once and read back"


async def _model(folder: Path, settings: Settings, role: str, kind: str, library: str) -> tuple[bool | None, str]:
    """Load the model; a language model also answers under a schema, which it cannot break."""
    from engine.models import Models
    from engine.settings import model_path

    if importlib.util.find_spec(library) is None:
        return None, f"{library} is not installed"
    if not model_path(settings.roles[role], folder).is_file():
        return None, "the model file is not shipped with this copy"
    models = Models(settings, folder)
    try:
        async with asyncio.timeout(LOAD_S):
            facts = await models.load(role)
            said = f"{facts['file']} on {facts['provider']}"
            if kind == "gguf":
                reply = await models.ask(role, [{"role": "user", "content": "Is this on?"}], schema=SAY, max_tokens=32)
                said += f", answered {reply.text}"
    except TimeoutError:
        return False, f"The model was not ready after {LOAD_S:g} s."
    finally:
        await models.close()
    return True, said


async def _adapted(folder: Path) -> tuple[bool | None, str]:
    """An adapter of zeros changes no answer; what a model has read of a prompt is kept for the next process."""
    from engine.models import Models
    from engine.settings import DEFAULT_ROLES, Settings, model_path

    small = DEFAULT_ROLES["small"]
    base, adapter = model_path(small, folder), folder / "nothing.gguf"
    if importlib.util.find_spec("llama_cpp") is None or not base.is_file():
        return None, "there is no language model in this copy"
    trials.write_adapter(adapter, base)
    said, restored = [], 0
    for lora in ([], [{"file": str(adapter)}], [{"file": str(adapter)}]):
        role = {**small.model_dump(), "lora": lora}
        settings = Settings.model_validate({"roles": {"small": role}, "memory": {"prefix_cache_worth_s": 0}})
        models = Models(settings, folder)
        try:
            reply = await models.ask("small", _TALK, schema=SAY, max_tokens=32, fixed=1, timeout_s=LOAD_S)
        finally:
            await models.close()
        said.append(reply.text)
        restored = (reply.usage or {}).get("prompt_restored", 0)
    if len(set(said)) > 1 or not restored:
        return False, f"Answers: {', '.join(said)}; {restored} tokens of the prompt were restored."
    return True, f"the same answer with an adapter of zeros, {restored} tokens restored from disk"
