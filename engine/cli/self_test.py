"""`self-test`: does this installation do its job? A workflow with a gate and a file, the chain, the shipped models."""

from __future__ import annotations

import asyncio
import importlib.util
import tempfile
import time
from pathlib import Path
from typing import Any

from engine.cli import codes, options

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
KEYRING_S = 10.0


def self_test(json: options.Json = False) -> int:
    """Try this installation in a folder of its own: run a workflow, check its journal, load the shipped models."""
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
    found = [await _part("workflow", _workflow(folder, settings)), await _part("secrets", _secrets(folder))]
    for role, setting in settings.roles.items():
        if setting.kind == "remote":
            continue  # a self-test leaves this PC alone, and costs nothing
        library = "llama_cpp" if setting.kind == "gguf" else "onnxruntime"
        found.append(await _part(f"model {role}", _model(folder, settings, role, setting.kind, library)))
    return found


async def _part(name: str, work: Any) -> dict[str, Any]:
    from engine.errors import SignalboxError

    began = time.perf_counter()
    try:
        ok, said = await work
    except (SignalboxError, OSError) as error:
        ok, said = False, str(error)
    return {"part": name, "ok": ok, "seconds": round(time.perf_counter() - began, 3), "said": said}


async def _workflow(folder: Path, settings: Any) -> tuple[bool, str]:
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


async def _secrets(folder: Path) -> tuple[bool, str]:
    """Keep a secret under a passphrase and read it back; the system's keyring is named, and not touched."""
    import secrets

    from engine.keys import Vault, changes, system

    value, passphrase, to = secrets.token_urlsafe(24), secrets.token_urlsafe(24), "https://self-test.example"
    try:
        changes.put(Vault(folder), "self-test", value, [to], now=time.time(), passphrase=passphrase)
        reader = Vault(folder, environment={"SIGNALBOX_PASSPHRASE": passphrase})
        if await asyncio.to_thread(reader.secret, "self-test", to) != value:
            return False, "What was stored is not what is read."
        keeper = await asyncio.to_thread(system.label, KEYRING_S)
    except system.Unusable as why:
        keeper = why.what
    except ImportError as fault:
        return False, f"{fault.name} is not there."
    return True, f"encrypted and read back; keyring: {keeper}"


async def _model(folder: Path, settings: Any, role: str, kind: str, library: str) -> tuple[bool | None, str]:
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
