"""Roles: which model each name stands for on this PC, and what takes over when it fails."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from engine.errors import ErrorClass, StepError
from engine.net.address import parse
from engine.settings.base import Frozen
from engine.settings.places import is_loopback, resources_dir

Kind = Literal["gguf", "onnx", "remote"]
Provider = Literal["openai", "anthropic", "google", "ollama"]
Prefer = Literal["listed", "local_first", "fast", "cheap"]
Reach = Literal["edge", "site", "any"]
_REMOTE_ONLY = ("provider", "url", "key", "placement", "prices")
OLLAMA_URL = "http://127.0.0.1:11434/v1"


class Prices(Frozen):
    """What a remote model costs, for a million tokens."""

    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"


class Lora(Frozen):
    """A small file that changes what a model says (LoRA adapter), and how much of it is added."""

    file: Annotated[str, Field(min_length=1)]
    """An absolute path, or a name looked for in `<data folder>/models`, then among the shipped models."""
    scale: Annotated[float, Field(ge=-100, le=100)] = 1.0
    """How much of the adapter is added: 1 as it was trained, 0 nothing."""


class RoleSetting(Frozen):
    """The model that a role stands for: a file on this PC, or one that is asked over the network."""

    model: Annotated[str, Field(min_length=1)]
    """A file: an absolute path, or a name looked for in `<data folder>/models`, then among the shipped models.
    For a remote model its name at the provider."""
    kind: Kind
    """What runs it; taken from the file's suffix, or from a `url` or `provider` beside it, when not given."""
    provider: Provider | None = None
    """How a remote model is spoken to; "openai" is also what most servers of one's own speak."""
    url: Annotated[str, Field(max_length=2000)] | None = None
    """Where a remote model is; null: the provider's own address, for ollama this PC."""
    key: Annotated[str, Field(pattern=r"^secret://[A-Za-z0-9_.-]+$")] | None = None
    """The secret that a remote model is asked with, as `secret://name`. The key itself is never in the settings."""
    placement: Literal["edge", "cloud"] | None = None
    """Where a remote model counts as being; null: `edge` on this PC, `cloud` anywhere else."""
    timeout_s: Annotated[float, Field(gt=0, le=86_400)] = 120.0
    """The longest that one answer of a remote model may take."""
    prices: Prices | None = None
    """What a remote model costs; with it each answer's cost is recorded beside its tokens."""
    stream: bool = True
    """Whether a remote model is asked for its text piece by piece; off for servers that cannot."""
    fallback: tuple[str, ...] = ()
    """Roles that take over, in this order, when this one fails."""
    fallback_on: tuple[ErrorClass, ...] | None = None
    """The failures that another role takes over from; null: whatever keeps this one from answering."""
    prefer: Prefer = "listed"
    """Who of this role and its fallbacks is asked first: as they are listed, those on this PC first, the one whose
    recent answers were quickest, or the one that costs least; the others follow, each when the one before fails."""
    max_latency_s: Annotated[float, Field(gt=0, le=86_400)] | None = None
    """Seconds that an answer may take before the next in the chain is asked instead; a model whose recent answers
    took longer is not asked first. Null: no limit of its own. The last in the chain is never cut off by this."""
    max_first_s: Annotated[float, Field(gt=0, le=86_400)] | None = None
    """Seconds until the first words of an answer, for models whose text comes piece by piece; then the next in the
    chain is asked instead. The time to load a model counts, waiting for its room in memory does not. Null: no limit."""
    max_cost: Annotated[float, Field(ge=0)] | None = None
    """The most that this role and its fallbacks may cost in one run, in the currency of their `prices`."""
    max_cost_call: Annotated[float, Field(ge=0)] | None = None
    """The most that one answer may cost, by the prices and the longest answer that is asked for."""
    data: Reach = "any"
    """Where texts for this role may go, its fallbacks included: `edge` never leaves this PC, `site` also goes to
    servers whose placement is `edge`, `any` anywhere."""
    skip_after: Annotated[int, Field(ge=1, le=1000)] = 3
    """A remote model that failed this often without an answer in between is not asked for a while."""
    skip_for_s: Annotated[float, Field(ge=0, le=86_400)] = 60.0
    """How many seconds it is left alone then; after that one question tries it again."""
    lora: Annotated[tuple[Lora, ...], Field(max_length=8)] = ()
    """Adapters that are added to the model for this role alone, in this order (GGUF)."""
    n_ctx: Annotated[int, Field(ge=64, le=1_048_576)] = 1024
    """Context length in tokens: messages and answer together (GGUF)."""
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Threads to compute with; null: one per core, less one."""
    max_tokens: Annotated[int, Field(ge=1, le=1_048_576)] = 512
    """The longest answer, in tokens, when the node does not say (GGUF)."""
    unsure_below: Annotated[float, Field(ge=0, le=1)] | None = None
    """An answer with less confidence counts as "unsure" and the step fails with that class; null: never."""
    providers: tuple[str, ...] | None = None
    """ONNX execution providers in the order to try; null: every one that works here, CPU last."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    """The seed of the sampler, for answers that can be repeated (GGUF)."""

    @model_validator(mode="before")
    @classmethod
    def _kind_from_suffix(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or given.get("kind") is not None:
            return given
        if given.get("url") is not None or given.get("provider") is not None:
            return {**given, "kind": "remote"}
        suffix = Path(str(given.get("model", ""))).suffix.lower()
        if suffix not in (".gguf", ".onnx"):
            raise ValueError("the model's name ends in neither .gguf nor .onnx; say which with `kind`")
        return {**given, "kind": suffix[1:]}

    @model_validator(mode="after")
    def _remote_or_not(self) -> RoleSetting:
        if self.kind != "remote":
            wrong = [name for name in _REMOTE_ONLY if getattr(self, name) is not None]
            if wrong:
                raise ValueError(f"`{wrong[0]}` is for remote models, and this one is a file")
            if self.lora and self.kind != "gguf":
                raise ValueError("`lora` is for language models (.gguf)")
            if len({one.file for one in self.lora}) < len(self.lora):
                raise ValueError("an adapter is named twice in `lora`; give it one scale")
            return self
        if self.lora:
            raise ValueError("`lora` is for files, and this is a remote model")
        address = urlsplit(self.address)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError(f"{self.address!r} is not an http:// or https:// address")
        if address.username is not None or address.password is not None:
            raise ValueError("an address holds no name and password; store the key as a secret and name it in `key`")
        try:
            parse(self.address)
        except StepError as error:
            raise ValueError(error.message) from None
        if self.key and address.scheme == "http" and self.on_network and self.placement != "edge":
            raise ValueError("a key would go over the network in the clear; use https://")
        if not self.may_hear(self.data):
            where = "on this PC" if self.data == "edge" else "on the site"
            raise ValueError(f"`data: {self.data}` keeps texts {where}, and this model is elsewhere")
        return self

    @property
    def address(self) -> str:
        """The base address of a remote model."""
        return self.url or _ADDRESSES[self.provider or "openai"]

    @property
    def on_network(self) -> bool:
        """Whether asking this model leaves the PC."""
        return self.kind == "remote" and not is_loopback(urlsplit(self.address).hostname or "")

    @property
    def in_cloud(self) -> bool:
        """Whether asking this model is refused to what may not leave the edge."""
        return self.on_network if self.placement is None else self.placement == "cloud"

    def may_hear(self, data: Reach) -> bool:
        """Whether texts that may go no further than `data` may go to this model."""
        return data == "any" or (not self.in_cloud and (data == "site" or not self.on_network))


_ADDRESSES: dict[str, str] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
    "ollama": OLLAMA_URL,
}

DEFAULT_ROLES: dict[str, RoleSetting] = {
    "small": RoleSetting(model="small.gguf", kind="gguf", unsure_below=0.9),  # as measured, see its model card
    "reader": RoleSetting(model="reader.gguf", kind="gguf", unsure_below=0.8),  # as measured, see its model card
    "scorer": RoleSetting(model="anomaly.onnx", kind="onnx"),
    "surface": RoleSetting(model="surface.onnx", kind="onnx"),
    "texture": RoleSetting(model="surface_texture.onnx", kind="onnx"),
}


def model_path(role: RoleSetting, data: Path) -> Path:
    """Where a role's model file is, or should be: the first place that has it, else the one in the data folder."""
    return file_path(role.model, data)


def file_path(named: str, data: Path) -> Path:
    """Where a model's or an adapter's file of that name is, or should be."""
    name = Path(named).expanduser()
    if name.is_absolute():
        return name
    places = [data / "models" / name, resources_dir() / "models" / name]
    return next((place for place in places if place.is_file()), places[0])
