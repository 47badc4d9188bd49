"""Models by role: a process for each model file, replaced when it dies, or a model that is asked over the network."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from functools import cache
from math import inf
from pathlib import Path
from typing import Any, NoReturn

from engine import log as engine_log
from engine.errors import Refused, StepError
from engine.models import files, lora_file
from engine.models.file_values import file_values
from engine.models.grammar import SchemaUnsupported, grammar_of
from engine.models.in_time import in_time
from engine.models.keeper import RECORD, Keeper, Spec, Waiting, stamp_of
from engine.models.link import Link
from engine.models.need import budget_of
from engine.models.remote import Remote, no_secret
from engine.net.guard import Note
from engine.nodes.context import ModelReply
from engine.nodes.schemas import value_fault
from engine.settings import RoleSetting, Settings, file_path, model_path, resources_dir
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
        record: bool = False,
    ) -> None:
        """`record` leaves a note in the data folder of what is in memory."""
        self._settings, self._data = settings, data_dir
        self.note: Note | None = None
        self._remote = Remote(lambda: self._settings.guard(self.note), secret=secret)
        self._log = log or (lambda text: engine_log.info("model_process", text=text))
        self._keeper = Keeper(budget_of(settings.memory), self._log, data_dir / RECORD if record else None)

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
        fixed: int = 0,
        first_s: float | None = None,
        waiting: Waiting = nullcontext,
    ) -> ModelReply:
        """One turn of a language model; `on_text` gets its text as it grows. Raises StepError.

        `max_tokens` None and `seed` 0 mean the role's own. With a `schema`, `value` of a GGUF model is an object that
        meets it; of a remote one it is what was said, not yet validated, or None when that is no JSON. `edge` refuses
        models in the cloud. The first `fixed` messages hold nothing but the workflow's own words, so what a model of
        this PC has evaluated of them may be kept on disk. `first_s` is for the first words of an answer that `on_text`
        hears; `waiting` is entered while there is no room in memory, which counts for no limit. Cancelling the
        caller ends the generation at once.
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
                first_s=first_s,
            )
        setting, path = self._find(role, "gguf")
        request: dict[str, Any] = {
            "op": "ask",
            "messages": [{"role": str(m["role"]), "content": str(m["content"])} for m in messages],
            "max_tokens": setting.max_tokens if max_tokens is None else max_tokens,
            "temperature": temperature,
            "seed": seed or setting.seed,
            "stream": on_text is not None,
            "fixed": fixed,
            # free text is measured only where the role sets a threshold: nobody else can act on it
            "sure": schema is not None or setting.unsure_below is not None,
        }
        if schema is not None:
            request |= _constraint(schema)
        answer, model = await self._call(role, setting, path, request, on_text, (timeout_s, first_s), waiting)
        value = None if schema is None else _value(answer, schema, request["max_tokens"])
        return ModelReply(
            text=answer["text"],
            value=value,
            finish=answer["finish"],
            confidence=answer["confidence"],
            usage=answer["usage"],
            model=model,
        )

    async def infer(
        self,
        role: str,
        inputs: Mapping[str, Any],
        *,
        timeout_s: float | None = None,
        waiting: Waiting = nullcontext,
        who: Callable[[dict[str, Any]], None] = lambda facts: None,
    ) -> dict[str, Any]:
        """One inference of an ONNX model: {tensor name: nested lists} in and out. Raises StepError.

        A file value, or a list of them, stands for the images in these files. `who` hears what `describe` said of the
        model that answered, which the role may not mean any more by then.
        """
        setting, path = self._find(role, "onnx")
        files = await asyncio.to_thread(file_values, inputs, self._data)
        request = {"op": "infer", "inputs": dict(inputs), "files": files}
        answer, model = await self._call(role, setting, path, request, None, (timeout_s, None), waiting)
        who(model)
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
        return self._about(role, setting, path, self._keeper.running(path))

    def _about(self, role: str, setting: RoleSetting, path: Path, link: Link | None) -> dict[str, Any]:
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
        async with self._keeper.hold(self._spec(setting, path)) as process:
            await process()
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

    def update(self, settings: Settings) -> None:
        """Other settings for whoever asks from now on; calls in flight end with the model that they began with."""
        self._settings = settings
        paths = {model_path(setting, self._data) for _, setting in self._files()}
        wanted: dict[object, float] = {}
        for path in paths:
            with suppress(StepError):  # a file that is not there
                spec = self._spec(None, path)
                wanted[spec.key] = spec.keep
        self._keeper.update(budget_of(settings.memory), wanted)

    def memory(self) -> dict[str, Any]:
        """What is in memory, how much may be, how many wait, how often models came and went, what happened last."""
        return self._keeper.facts()

    def process_bytes(self, role: str) -> int | None:
        """Bytes that the process of a role's model takes now; None when none runs."""
        import psutil

        link = self._keeper.running(model_path(self._settings.roles[role], self._data))
        try:
            return None if link is None else int(psutil.Process(link.pid).memory_info().rss)
        except psutil.Error:
            return None

    async def close(self) -> None:
        """End every model process and wait until all are gone; requests under way fail."""
        await self._remote.close()
        await self._keeper.close()

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
        limits: tuple[float | None, float | None],
        waiting: Waiting,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The answer, and who gave it. Waiting for room in memory does not count against the time."""
        async with self._keeper.hold(self._spec(setting, path), waiting) as process:
            if on_text is None:
                async with in_time(role, limits[0]):
                    return await self._asked(role, setting, path, request, None, process)
            async with in_time(role, *limits) as said:

                def heard(text: str) -> None:
                    said()
                    on_text(text)

                return await self._asked(role, setting, path, request, heard, process)

    async def _asked(
        self,
        role: str,
        setting: RoleSetting,
        path: Path,
        request: Mapping[str, Any],
        on_text: Callable[[str], None] | None,
        process: Callable[[], Awaitable[Link]],
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        link = await process()
        adapters = await asyncio.to_thread(_adapters, setting, path, self._data) if setting.lora else []
        used: dict[str, Any] = {}
        if adapters:
            used["adapters"] = [[one["path"], one["sha256"], one["scale"]] for one in adapters]
        memory = self._settings.memory
        if request.get("fixed") and memory.prefix_cache_bytes:
            used["cache"] = {
                "folder": str(self._data / "models" / "cache"),
                "bytes": memory.prefix_cache_bytes,
                "worth_s": memory.prefix_cache_worth_s,
                "model": link.description["sha256"],
            }
        answer = await link.call({**request, **used}, on_text)
        if setting.kind == "onnx":
            return answer, await asyncio.to_thread(self._about, role, setting, path, link)
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

    def _spec(self, asked: RoleSetting | None, path: Path) -> Spec:
        """How a file is loaded: for all roles that mean it, since they share its process."""
        same = [(name, other) for name, other in self._files() if model_path(other, self._data) == path]
        same += [] if asked is None or same else [("", asked)]  # a role that was given another file just now
        memory = self._settings.memory
        keeps = [memory.keep_roles.get(name, memory.keep) for name, _ in same]
        providers = next((other.providers for _, other in same if other.providers is not None), None)
        return Spec(
            path=path,
            stamp=stamp_of(path),
            kind=same[0][1].kind,
            n_ctx=max(other.n_ctx for _, other in same),
            threads=max((other.threads for _, other in same if other.threads), default=None) or default_threads(),
            providers=providers,
            adapters=tuple(sorted({file_path(one.file, self._data) for _, other in same for one in other.lora})),
            keep=max(inf if keep == "always" else keep for keep in keeps),
        )


@cache
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
