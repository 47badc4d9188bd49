"""The demo's lookup service: answers from files, and failures that outlive it."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from engine.cli.demo_server import LookupServer, lookups
from engine.errors import Refused
from engine.settings import resources_dir

EXAMPLES = resources_dir() / "examples"
FLAKY = "/history?machine=CHIL-07&code=E231"


def ask(server: LookupServer, target: str, run: str = "r1") -> tuple[int, Any]:
    request = urllib.request.Request(server.url + target, headers={"x-run": run})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def test_it_fails_twice_for_each_run_and_remembers_it_when_it_is_started_again(tmp_path: Path) -> None:
    with LookupServer(EXAMPLES, tmp_path) as server:
        assert ask(server, FLAKY)[0] == 503
        port = server.port
    with LookupServer(EXAMPLES, tmp_path, port) as server:
        assert server.port == port
        assert [ask(server, FLAKY)[0] for _ in range(3)] == [503, 200, 200]
        assert ask(server, FLAKY, "r2") == (503, {"error": "service unavailable"})
    assert [line["status"] for line in lookups(tmp_path)] == [503, 503, 200, 200, 503]


def test_it_answers_what_is_in_the_files_and_says_what_is_not(tmp_path: Path) -> None:
    with LookupServer(EXAMPLES, tmp_path) as server:
        assert ask(server, "/history?machine=PUMP-12&code=E142")[1]["last_work"] == "bearing replaced"
        assert ask(server, "/history?machine=PUMP-12&code=E999") == (404, {"error": "not found"})
        assert ask(server, "/manual?code=V812")[1]["family"] == "pressure"
        assert ask(server, "/manual?code=X907")[1] == {
            "code": "X907", "family": "unknown", "note": "fault family unknown, not listed",
        }  # fmt: skip
        assert ask(server, "/else")[0] == 404


def test_a_line_that_a_kill_cut_short_does_not_count(tmp_path: Path) -> None:
    with LookupServer(EXAMPLES, tmp_path) as server:
        ask(server, FLAKY)
    log = tmp_path / "lookups.jsonl"
    log.write_text(log.read_text() + '\n{"at": 1')
    assert len(lookups(tmp_path)) == 1
    with LookupServer(EXAMPLES, tmp_path) as server:
        assert [ask(server, FLAKY)[0] for _ in range(2)] == [503, 200]


def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Refused, match=rf"port {port}.*--new"):
            LookupServer(EXAMPLES, tmp_path, port)
