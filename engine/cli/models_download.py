"""`models download` and `models hub`: a model file from the network, where a person has turned that on."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer

from engine.cli import codes, options
from engine.cli.progress import Progress

_EVERY_S = 0.2


def download(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="owner/name on the hub, or an https:// address.")],
    file: Annotated[str, typer.Option("--file", help="Which file, where there are several.")] = "",
    sha256: Annotated[str, typer.Option("--sha256", help="What the file's checksum must be.")] = "",
    revision: Annotated[str, typer.Option("--revision", help="A branch, a tag or a commit.")] = "main",
    license: Annotated[str, typer.Option("--license", help="Its licence, where the file does not say.")] = "",
    progress: Progress = False,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Download a model file into the library: resumed where it broke off, compared with its checksum, checked."""
    import asyncio

    from engine.cli.models_folder import library
    from engine.cli.output import print_json, size
    from engine.cli.progress import reporter
    from engine.errors import Refused
    from engine.keys import Vault
    from engine.models.adding import add
    from engine.models.download import Download
    from engine.models.library import facts_of

    if sha256 and not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise Refused("A SHA-256 has 64 hexadecimal digits.", where="--sha256")
    path, settings = library(data_dir)
    report = _now_and_then(reporter(progress))
    work = Download(settings, path / "models", Vault(path).secret, report)
    done = asyncio.run(work.fetch(source, file=file, sha256=sha256, revision=revision))
    try:
        facts_of(done.path)
    except Refused:
        done.path.unlink(missing_ok=True)  # whole, as its checksum says, and still no model
        raise
    added = add(done.path, path, origin=done.address, license=license, progress=report)
    if added.path != done.path:
        done.path.unlink(missing_ok=True)  # the same model is there already, under another name
    entry = added.entry
    if json:
        print_json({
            "name": entry.name, "path": str(added.path), "new": added.new, "kind": entry.kind, "bytes": entry.bytes,
            "sha256": entry.sha256, "license": entry.license, "source": done.address, "checked": done.checked or None,
            "resumed_bytes": done.resumed, "memory_bytes": added.facts.need, "context": added.facts.context,
        })  # fmt: skip
    else:
        said = {"given": "as given", "hub": "as the hub says"}.get(done.checked, "which nobody had stated")
        state = "Downloaded" if added.new else "Already there as"
        print(f"{state}: {entry.name} ({size(entry.bytes)}, licence {entry.license}; sha256 {entry.sha256}, {said}).")
    return codes.COMPLETED


def hub(
    state: Annotated[str, typer.Argument(metavar="[on|off]", help="Whether models may be downloaded.")] = "",
    url: Annotated[str, typer.Option("--url", help="The hub, or a mirror of it.")] = "",
    token: Annotated[str, typer.Option("--token", help="The secret to ask it with: secret://name, or `none`.")] = "",
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Say whether models may be downloaded, and from where."""
    from engine.cli.output import print_json
    from engine.cli.reading import folder
    from engine.errors import Refused
    from engine.settings import load, parse, save

    if state not in ("", "on", "off"):
        raise Refused(f"{state!r} is neither `on` nor `off`.")
    path, settings = folder(data_dir)
    change: dict[str, Any] = {"enabled": state == "on"} if state else {}
    change |= {"url": url} if url else {}
    change |= {"token": None if token == "none" else token} if token else {}
    if change:
        import json as text

        told = {**load(path).model_dump(mode="json", exclude_defaults=True)}
        told["hub"] = {**settings.hub.model_dump(mode="json"), **change}
        settings = parse(text.dumps(told).encode())
        save(settings, path)
    said = settings.hub
    if json:
        print_json({"enabled": said.enabled, "url": said.url, "token": said.token})
    else:
        print(
            f"Downloads are {'on' if said.enabled else 'off'}: {said.url}" + (f", with {said.token}" * bool(said.token))
        )
    return codes.COMPLETED


def _now_and_then(report: Callable[[float | None, str], None]) -> Callable[[float | None, str], None]:
    """The same, but not for every piece that comes."""
    last: list[float | Literal["never"]] = ["never"]

    def told(share: float | None, text: str) -> None:
        now = time.monotonic()
        if last[0] == "never" or share in (None, 1.0) or now - last[0] >= _EVERY_S:
            last[0] = now
            report(share, text)

    return told
