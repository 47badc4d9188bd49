"""Downloads over real HTTP: whatever the server does, whenever the program dies, the file is right or not there."""

from __future__ import annotations

import asyncio
import hashlib
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Refused
from engine.models import download as downloads
from engine.models import library
from engine.models.download import Download, Downloaded
from engine.platform import try_lock
from engine.settings import Settings
from tests.models.conftest import DATA
from tests.models.hub_server import Hub, hub_server

CONTENT = random.Random(7).randbytes(700_000)
TOKEN = "hf-canary-3391"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(downloads, "_PAUSE_S", 0.0)
    with hub_server(CONTENT) as server:
        yield server


def fetch(hub: Hub, folder: Path, source: str = "acme/model", **options: Any) -> Downloaded:
    given = {"enabled": True, "url": hub.url, **options.pop("more", {})}
    settings = Settings.model_validate({"hub": given, **options.pop("settings", {})})
    heard = options.pop("heard", lambda share, text: None)
    return asyncio.run(Download(settings, folder, lambda name, to: TOKEN, heard).fetch(source, **options))


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def parts(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix == ".part"]


def test_a_file_of_a_repository_arrives_whole_with_the_hubs_checksum(hub: Hub, tmp_path: Path) -> None:
    heard: list[float | None] = []
    done = fetch(hub, tmp_path, heard=lambda share, text: heard.append(share))
    assert done == Downloaded(tmp_path / "model.gguf", f"{hub.url}/acme/model/resolve/main/model.gguf", hub.sha,
                              len(CONTENT), "hub", 0)  # fmt: skip
    assert done.path.read_bytes() == CONTENT and left(tmp_path) == {"model.gguf"}
    shares = [share for share in heard if share is not None]
    assert shares == sorted(shares) and shares[-1] == 1.0


@pytest.mark.parametrize("ways", [{"no linked"}, {"no etag"}, {"weak etag"}, {"no ranges"}, {"no linked", "no etag"}])
def test_what_a_server_leaves_out_changes_nothing(hub: Hub, tmp_path: Path, ways: set[str]) -> None:
    hub.ways |= {*ways, "cut"}
    hub.cut_at = 300_000
    with pytest.raises(Refused, match="broke off") if ways != {"no linked"} else _nothing():
        fetch(hub, tmp_path)
    hub.ways.discard("cut")
    if (tmp_path / "model.gguf").exists():
        (tmp_path / "model.gguf").unlink()
    assert fetch(hub, tmp_path).sha256 == hub.sha and left(tmp_path) == {"model.gguf"}


def _nothing() -> Any:
    import contextlib

    return contextlib.nullcontext()


def test_a_connection_that_breaks_off_is_taken_up_where_it_ended(hub: Hub, tmp_path: Path) -> None:
    hub.ways.add("cut")
    hub.cut_at = 150_000
    done = fetch(hub, tmp_path)
    assert done.path.read_bytes() == CONTENT and hub.turns == 5
    assert hub.sent <= len(CONTENT) + 5 * 16_384, "nothing came twice"
    ranges = [headers.get("range") for place, _, headers in hub.asked if place == "store"]
    assert ranges[0] is None and ranges[1] == "bytes=150000-"


def test_a_file_that_changes_in_between_is_begun_again(hub: Hub, tmp_path: Path) -> None:
    _cut_once(hub, tmp_path)
    hub.content = random.Random(8).randbytes(600_000)
    done = fetch(hub, tmp_path)
    assert done.path.read_bytes() == hub.content and done.sha256 == hub.sha


def test_a_server_that_has_less_than_before_is_asked_from_the_beginning(hub: Hub, tmp_path: Path) -> None:
    _cut_once(hub, tmp_path)
    hub.ways.add("416")
    assert fetch(hub, tmp_path).path.read_bytes() == CONTENT


def _cut_once(hub: Hub, folder: Path) -> None:
    """Some of the file has come, and then the program was ended."""
    seen = threading.Event()

    def stop(share: float | None, text: str) -> None:
        if share is not None and share > 0.4:
            seen.set()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(hub, folder, heard=stop)
    (part,) = parts(folder)
    assert seen.is_set() and 0 < part.stat().st_size < len(CONTENT) and not (folder / "model.gguf").exists()


def test_more_than_was_said_or_other_than_was_meant_is_refused_and_removed(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="should be 0000") as caught:
        fetch(hub, tmp_path, sha256="0" * 64)
    assert hub.sha in caught.value.what and left(tmp_path) == set()
    hub.ways.add("too much")
    with pytest.raises(Refused, match="is not the one that was meant"):
        fetch(hub, tmp_path)
    assert left(tmp_path) == set()


def test_a_checksum_that_is_given_goes_before_the_hubs_own(hub: Hub, tmp_path: Path) -> None:
    assert fetch(hub, tmp_path, file="model.gguf", sha256=hub.sha.upper()).checked == "given"
    assert not [path for _, path, _ in hub.asked if path.startswith("/api/")], "nothing had to be looked up"


def test_a_plain_address_works_and_says_when_nobody_stated_a_checksum(hub: Hub, tmp_path: Path) -> None:
    done = fetch(hub, tmp_path, f"{hub.store}/files/other.gguf?x=1")
    assert (done.path.name, done.checked, done.sha256) == ("other.gguf", "", hub.sha)
    assert fetch(hub, tmp_path, f"{hub.store}/files/b", file="b.gguf", sha256=hub.sha).checked == "given"


def test_a_token_goes_to_the_hub_and_to_nobody_else(hub: Hub, tmp_path: Path) -> None:
    fetch(hub, tmp_path, more={"token": "secret://hub"})
    fetch(hub, tmp_path, f"{hub.store}/files/other.gguf", more={"token": "secret://hub"})
    told = {(place, headers.get("authorization")) for place, _, headers in hub.asked}
    assert told == {("hub", f"Bearer {TOKEN}"), ("store", None)}
    assert TOKEN not in "".join(path for _, path, _ in hub.asked)


@pytest.mark.parametrize(
    ("status", "said", "remedy"),
    [
        (401, "wants to know who asks", "hub.token"),
        (403, "does not give this file", "Accept the model's terms"),
        (404, "does not have this file", "revision"),
        (429, "left alone", "in 7 s"),
        (500, "fails (HTTP 500)", "later"),
        (418, "fails (HTTP 418)", "later"),
    ],
)
def test_an_answer_that_is_no_file_is_one_sentence(
    hub: Hub, tmp_path: Path, status: int, said: str, remedy: str
) -> None:
    hub.status = status
    for options in ({}, {"file": "model.gguf", "sha256": hub.sha}):
        with pytest.raises(Refused) as caught:
            fetch(hub, tmp_path, **options)
        assert said in caught.value.what and remedy in (caught.value.remedy or "")


def test_downloads_are_off_until_a_person_says_otherwise(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="Downloads are off") as caught:
        fetch(hub, tmp_path, more={"enabled": False})
    assert "models hub on" in (caught.value.remedy or "") and hub.asked == []
    with pytest.raises(Refused, match="The network is off"):
        fetch(hub, tmp_path, more={"url": "https://hub.example"}, settings={"network": "off"})
    assert hub.asked == [] and left(tmp_path) == set()


def test_what_cannot_be_meant_is_refused_before_anybody_is_asked(hub: Hub, tmp_path: Path) -> None:
    wrong = [
        ("acme", {}), ("../etc/passwd", {}), ("acme/..", {}), ("acme/model", {"file": "../../x.gguf"}),
        ("acme/model", {"file": "x.exe"}), ("acme/model", {"file": "x.gguf", "revision": "../main"}),
        ("https://h.example/", {}), ("https://h.example/x.gguf", {"file": "a/b.gguf"}),
        ("https://h.example/.hidden.gguf", {}), ("http://[bad/x.gguf", {}), ("http://169.254.1.1/x.gguf", {}),
    ]  # fmt: skip
    for source, options in wrong:
        with pytest.raises(Refused):
            fetch(hub, tmp_path, source, **options)
    assert hub.asked == [] and left(tmp_path) <= {"x.gguf"}


def test_several_files_are_listed_and_redirects_end(hub: Hub, tmp_path: Path) -> None:
    hub.files = ("a.gguf", "b.gguf")
    with pytest.raises(Refused, match=r"2 model files: a\.gguf, b\.gguf"):
        fetch(hub, tmp_path)
    hub.files = ("README.md",)
    with pytest.raises(Refused, match="holds no model file"):
        fetch(hub, tmp_path)
    with pytest.raises(Refused, match="on and on"):
        fetch(hub, tmp_path, f"{hub.url}/around.gguf")
    with pytest.raises(Refused, match="is not asked"):
        fetch(hub, tmp_path, f"{hub.url}/to?http://169.254.169.254/x", file="x.gguf")


def test_a_disk_without_room_is_noticed_before_anything_is_written(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    usage = type(shutil.disk_usage(tmp_path))(10**9, 10**9, 1_000)
    monkeypatch.setattr(downloads.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(Refused, match="not enough room"):
        fetch(hub, tmp_path)
    assert parts(tmp_path) == []


def test_a_model_of_that_name_is_not_replaced(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"mine")
    with pytest.raises(Refused, match="is here already"):
        fetch(hub, tmp_path)
    assert (tmp_path / "model.gguf").read_bytes() == b"mine"


def test_a_model_that_took_the_name_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    def heard(share: float | None, text: str) -> None:
        if text.startswith("Hashing"):
            (tmp_path / "model.gguf").write_bytes(b"mine")

    with hub_server(b"x" * 1000) as hub, pytest.raises(Refused, match="here already"):
        fetch(hub, tmp_path, heard=heard)
    assert (tmp_path / "model.gguf").read_bytes() == b"mine"


def test_a_lock_that_its_owner_has_just_taken_away_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(path: Path, **info: Any) -> Any:
        lock = try_lock(path, **info)
        path.unlink()
        return lock

    with hub_server(b"x" * 1000) as hub:
        with monkeypatch.context() as patched:
            patched.setattr(downloads, "try_lock", gone)
            with pytest.raises(Refused, match="already"):
                fetch(hub, tmp_path)
        assert fetch(hub, tmp_path).bytes == 1000 and left(tmp_path) == {"model.gguf"}


def test_what_came_stays_when_the_library_is_busy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.cli.app import run

    monkeypatch.setattr(library, "PATIENCE_S", 0.0)
    data = ["--data-dir", str(tmp_path), "--json"]
    with hub_server((DATA / "tiny.gguf").read_bytes()) as hub:
        assert run(["models", "hub", "on", "--url", hub.url, *data]) == 0
        (tmp_path / "models").mkdir()
        lock = try_lock(tmp_path / "models" / library.LOCK)
        assert lock is not None
        with lock:
            assert run(["models", "download", "acme/model", *data]) == 2
        assert "being added or removed" in capsys.readouterr().err
    assert (tmp_path / "models" / "model.gguf").read_bytes() == (DATA / "tiny.gguf").read_bytes()


KILLED = """
import asyncio, sys
from pathlib import Path
from engine.models.download import Download
from engine.platform import try_lock
from engine.settings import Settings
settings = Settings.model_validate({"hub": {"enabled": True, "url": sys.argv[1]}})
def heard(share, text):
    print(share, flush=True)
asyncio.run(Download(settings, Path(sys.argv[2]), lambda name, to: "", heard).fetch("acme/model"))
"""


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_a_download_that_is_killed_again_and_again_ends_with_the_same_bytes(tmp_path: Path, kills: int) -> None:
    chance = random.Random(kills)
    content = chance.randbytes(3_000_000)
    with hub_server(content) as hub:
        hub.pace = threading.Event()
        for number in range(kills):
            point = (number + chance.random()) / (kills + 1)
            with subprocess.Popen(
                [sys.executable, "-c", KILLED, hub.url, str(tmp_path)], stdout=subprocess.PIPE, text=True
            ) as process:
                assert process.stdout is not None
                for line in process.stdout:
                    if line.strip() != "None" and float(line) >= point:
                        process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
                        break
            assert process.returncode != 0 and not (tmp_path / "model.gguf").exists()
        hub.pace = None
        done = fetch(hub, tmp_path)
    assert done.sha256 == hashlib.sha256(content).hexdigest() and done.path.read_bytes() == content
    assert done.resumed > 0 and left(tmp_path) == {"model.gguf"}
    assert hub.sent < 2 * len(content) + kills * 500_000


def test_the_command_line_adds_what_came_to_the_library(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import json

    from engine.cli.app import run

    tiny = (DATA / "tiny.gguf").read_bytes()
    data = ["--data-dir", str(tmp_path), "--json"]
    with hub_server(tiny) as hub:
        assert run(["models", "download", "acme/model", *data]) == 2
        assert "models hub on" in capsys.readouterr().err
        assert run(["models", "hub", "on", "--url", hub.url, *data]) == 0
        assert json.loads(capsys.readouterr().out) == {"enabled": True, "url": hub.url, "token": None}
        assert run(["models", "download", "acme/model", "--progress", *data]) == 0
        said = capsys.readouterr()
        done = json.loads(said.out)
        assert (done["name"], done["sha256"], done["checked"], done["new"]) == ("model.gguf", hub.sha, "hub", True)
        assert {"progress", "text"} == set(json.loads(said.err.splitlines()[0]))
        hub.content = b"GGUF, and nothing else"
        assert run(["models", "download", f"{hub.store}/bad.gguf", *data]) == 2
    assert [path.name for path in (tmp_path / "models").glob("*.gguf")] == ["model.gguf"]
