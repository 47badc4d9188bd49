"""Models by role: a process for each model file, replaced when it dies, or a model that is asked over the network."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from engine import log as engine_log
from engine.errors import Refused, StepError
from engine.models import files, lora_file
from engine.models.file_values import file_values
from engine.models.grammar import SchemaUnsupported, grammar_of
from engine.models.link import Link
from engine.models.remote import Remote, no_secret
from engine.nodes.context import ModelReply
from engine.nodes.schemas import value_fault
from engine.settings import RoleSetting, Settings, model_path, resources_dir
from engine.workflow.values import parse_json


class Models:
    """The models that settings map roles to. Used from one event loop; `close` leaves no process behind."""

    def __init__(
        self,
        settings: Settings,
        data_dir: Path,
        log: Callable[[str], None] | None = None,
        *,
        secret: Callable[[str, str], str] = no_secret,
    ) -> None:
        self._settings, self._data = settings, data_dir
        self._remote = Remote(network=settings.network == "on", secret=secret)
        self._log = log or (lambda text: engine_log.info("model_process", text=text))
        self._starting: dict[Path, asyncio.Task[Link]] = {}
        self._closed = False

    async def ask(
        self,
        role: str,
        messages: Sequence[Mapping[str, str]],
        *,
        schema: Mapping[str, Any] | None = None,
        max_tokens: int | None = None,
        temperature: float = 0.0,
        seed: int = 0,
        timeout_s: float | None = None,
        on_text: Callable[[str], None] | None = None,
        edge: bool = False,
    ) -> ModelReply:
        """One turn of a language model; `on_text` gets its text as it grows. Raises StepError.

        `max_tokens` None and `seed` 0 mean the role's own. With a `schema`, `value` of a GGUF model is an object that
        meets it; of a remote one it is what was said, not yet validated, or None when that is no JSON. `edge` refuses
        models in the cloud. Cancelling the caller ends the generation at once.
        """
        remote = self._settings.roles.get(role)
        if remote is not None and remote.kind == "remote":
            if edge and remote.in_cloud:
                said = f"This step stays on the edge, and the model of the role `{role}` is in the cloud."
                raise StepError("permission", said, retryable=False)
            return await self._remote.ask(
                role,
                remote,
                messages,
                schema=schema,
                max_tokens=remote.max_tokens if max_tokens is None else max_tokens,
                temperature=temperature,
                seed=seed,
                timeout_s=timeout_s,
                on_text=on_text,
            )
        setting, path = self._find(role, "gguf")
        request: dict[str, Any] = {
            "op": "ask",
            "messages": [{"role": str(m["role"]), "content": str(m["content"])} for m in messages],
            "max_tokens": setting.max_tokens if max_tokens is None else max_tokens,
            "temperature": temperature,
            "seed": seed or setting.seed,
            "stream": on_text is not None,
            # free text is measured only where the role sets a threshold: nobody else can act on it
            "sure": schema is not None or setting.unsure_below is not None,
        }
        if schema is not None:
            request |= _constraint(schema)
        answer, model = await self._within(timeout_s, role, self._call(role, setting, path, request, on_text))
        value = None if schema is None else _value(answer, schema, request["max_tokens"])
        return ModelReply(
            text=answer["text"],
            value=value,
            finish=answer["finish"],
            confidence=answer["confidence"],
            usage=answer["usage"],
            model=model,
        )

    async def infer(self, role: str, inputs: Mapping[str, Any], *, timeout_s: float | None = None) -> dict[str, Any]:
        """One inference of an ONNX model: {tensor name: nested lists} in and out. Raises StepError.

        A file value, or a list of them, stands for the images in these files.
        """
        setting, path = self._find(role, "onnx")
        files = await asyncio.to_thread(file_values, inputs, self._data)
        request = {"op": "infer", "inputs": dict(inputs), "files": files}
        answer, _ = await self._within(timeout_s, role, self._call(role, setting, path, request, None))
        outputs: dict[str, Any] = answer["outputs"]
        return outputs

    def describe(self, role: str) -> dict[str, Any]:
        """What stands behind a role: file, hash, size, label; and once it runs, the provider really in use.

        Of a remote one: provider, host and model; nobody is asked.
        """
        remote = self._settings.roles.get(role)
        if remote is not None and remote.kind == "remote":
            return self._remote.describe(role, remote)
        setting, path = self._find(role, None)
        link = self._running(path)
        return {
            "role": role,
            "kind": setting.kind,
            "file": path.name,
            "path": str(path),
            "sha256": files.sha256(path),
            "bytes": path.stat().st_size,
            "label": files.label(path, resources_dir()),
            "unsure_below": setting.unsure_below,
            **({"lora": _told(_adapters(setting, path, self._data))} if setting.lora else {}),
            **(link.description if link is not None else {**files.facts(path, setting.kind), "provider": None}),
        }

    async def load(self, role: str) -> dict[str, Any]:
        """Start the role's model now, and describe it with the provider really in use. Raises StepError."""
        if role in self._settings.roles and self._settings.roles[role].kind == "remote":
            return self.describe(role)
        setting, path = self._find(role, None)
        await self._link(setting, path)
        return await asyncio.to_thread(self.describe, role)

    def lane(self, role: str) -> str:
        """The executor's lane: roles that share a file share it, since one process answers one at a time."""
        setting = self._settings.roles.get(role)
        if setting is None:
            return f"model:{role}"
        if setting.kind == "remote":
            return f"remote:{role}"
        path = model_path(setting, self._data)
        same = [name for name, other in self._files() if model_path(other, self._data) == path]
        return f"model:{min(same)}"

    async def close(self) -> None:
        """End every model process and wait until all are gone; requests under way fail."""
        self._closed = True
        await self._remote.close()
        starting, self._starting = list(self._starting.values()), {}
        for task in starting:
            if not task.done():
                task.cancel()
        started = await asyncio.gather(*starting, return_exceptions=True)
        await asyncio.gather(*(link.close() for link in started if isinstance(link, Link)))

    def _files(self) -> list[tuple[str, RoleSetting]]:
        return [(name, setting) for name, setting in self._settings.roles.items() if setting.kind != "remote"]

    def _find(self, role: str, kind: str | None) -> tuple[RoleSetting, Path]:
        setting = self._settings.roles.get(role)
        if setting is None:
            known = ", ".join(sorted(self._settings.roles)) or "none"
            _missing(f"No model is set for the role `{role}` (known: {known}). Add it under `roles` in the settings.")
        if kind is not None and setting.kind != kind:
            wanted = "a language model (.gguf)" if kind == "gguf" else "an ONNX model (.onnx)"
            _missing(f"The role `{role}` is {setting.model}, and this step needs {wanted}. Choose another role.")
        path = model_path(setting, self._data)
        if not path.is_file():
            place = (
                "Put the file there" if Path(setting.model).is_absolute() else f"Put it into {self._data / 'models'}"
            )
            _missing(f"The model of the role `{role}` is not there: {path}. {place}, or set another for the role.")
        return setting, path

    async def _call(
        self,
        role: str,
        setting: RoleSetting,
        path: Path,
        request: Mapping[str, Any],
        on_text: Callable[[str], None] | None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        link = await self._link(setting, path)
        adapters = await asyncio.to_thread(_adapters, setting, path, self._data)
        used = {"adapters": [[one["path"], one["sha256"], one["scale"]] for one in adapters]} if adapters else {}
        answer = await link.call({**request, **used}, on_text)
        model = {
            "role": role,
            "kind": setting.kind,
            "file": path.name,
            "sha256": link.description["sha256"],
            "provider": answer.get("provider") or link.description["provider"],
            "label": files.label(path, resources_dir()),
            "unsure_below": setting.unsure_below,
            **({"lora": _told(adapters)} if adapters else {}),
        }
        return answer, model

    async def _within(self, timeout_s: float | None, role: str, work: Any) -> Any:
        try:
            async with asyncio.timeout(timeout_s):
                return await work
        except TimeoutError:
            raise StepError("timeout", f"The model of the role `{role}` took longer than {timeout_s:g} s.") from None

    def _running(self, path: Path) -> Link | None:
        task = self._starting.get(path)
        if task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return None
        link = task.result()
        return link if link.alive and link.stamp == _stamp(path) else None

    async def _link(self, setting: RoleSetting, path: Path) -> Link:
        """The process of a file. A slow start goes on when the one who waited for it gives up."""
        if self._closed:
            raise StepError("server", "The engine is shutting down.")
        task = self._starting.get(path)
        if task is None or (task.done() and self._running(path) is None):
            task = self._starting[path] = asyncio.create_task(self._start(setting, path, task))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise StepError("server", "The engine is shutting down.") from None
            raise

    async def _start(self, setting: RoleSetting, path: Path, before: asyncio.Task[Link] | None) -> Link:
        if before is not None and not before.cancelled() and before.exception() is None:
            await before.result().close()
        try:
            await asyncio.to_thread(files.check_model_file, path, setting.kind)
        except Refused as fault:
            raise StepError("invalid", str(fault), retryable=False) from None
        same = [other for _, other in self._files() if model_path(other, self._data) == path]
        load = {
            "kind": setting.kind,
            "path": str(path),
            "n_ctx": max(other.n_ctx for other in [*same, setting]),
            "threads": setting.threads or default_threads(),
            "providers": None if setting.providers is None else list(setting.providers),
        }
        stamp = _stamp(path)
        hashing = asyncio.ensure_future(asyncio.to_thread(files.sha256, path))  # while the model loads
        link = await Link.start(load, self._log)
        try:
            link.description["sha256"], link.stamp = await hashing, stamp
        except BaseException:
            await link.close()
            raise
        return link


def _stamp(path: Path) -> tuple[int, int]:
    """Changes when the file does: a run record must name the model that really answered."""
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def default_threads() -> int:
    """One for each core that this process may use, less one for everything else; hyper-threads do not count."""
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(psutil.cpu_count(logical=False) or 1, allowed) - 1)


def _adapters(setting: RoleSetting, path: Path, data: Path) -> list[dict[str, Any]]:
    """A role's adapters, each fit for the model file; StepError `invalid` otherwise."""
    try:
        return lora_file.ready(setting.lora, path, data)
    except Refused as fault:
        raise StepError("invalid", str(fault), retryable=False) from None


def _told(adapters: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Adapters for the run record."""
    return [{name: one[name] for name in ("file", "sha256", "scale")} for one in adapters]


def _missing(text: str) -> NoReturn:
    raise StepError("not_found", text, retryable=False)


def _constraint(schema: Mapping[str, Any]) -> dict[str, Any]:
    try:
        grammar = grammar_of(schema)
    except SchemaUnsupported as fault:
        raise StepError("schema", str(fault), retryable=False) from None
    return {"grammar": grammar.text, "choice": bool({"oneOf", "anyOf"} & set(schema))}


def _value(answer: Mapping[str, Any], schema: Mapping[str, Any], max_tokens: int) -> Any:
    """The answer as JSON that meets the schema; StepError `schema` otherwise."""
    if answer["finish"] != "stop":
        used = answer["usage"]
        room = "`max_tokens`" if used["completion"] >= max_tokens else "the model's context (`n_ctx` of its role)"
        longest = grammar_of(schema).longest
        raise StepError(
            "schema",
            f"The model's answer was cut off after {used['completion']} tokens: {room} ended, and the schema allows "
            f"{longest:,} characters. Raise it, or bound the schema's texts and lists.",
        )
    try:
        value = parse_json(answer["text"])
    except Refused as fault:
        raise StepError("schema", f"The model's answer is not JSON: {fault.what}") from None
    fault_text = value_fault(schema, value)
    if fault_text:
        raise StepError("schema", f"The model's answer does not meet its schema: {fault_text}.")
    return value
