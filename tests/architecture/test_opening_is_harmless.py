"""Opening, checking and importing hundreds of hostile workflows: watched by the interpreter's own audit events."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

REPO = Path(__file__).parents[2]
WATCHED = """
import json, os, sys
from pathlib import Path
from engine.checks import problems
from engine.errors import SignalboxError
from engine.observe.site import site_of
from engine.nodes.catalog import CATALOG
from engine.settings import Settings
from engine.store import DATA_FILE, open_store
from engine.workflow.file import load_text

data, texts = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
TOUCHES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
           "os.chown", "os.utime", "sqlite3.connect", "shutil.", "tempfile.")
STARTS = ("subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "os.startfile", "pty.",
          "socket.", "ssl.", "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.", "ctypes.", "pickle.")
seen = []

def inside(path):
    text = os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else str(path)
    text = text.removeprefix("file://").split("?")[0]
    return text == ":memory:" or os.path.abspath(text).startswith(str(data))

def watch(event, args):
    if event == "open":
        path, mode, flags = args
        writes = set(mode or "") & set("wax+") or (flags or 0) & WRITES
        if writes and "__pycache__" not in str(path) and not inside(path):
            seen.append([event, repr(args)])
    elif event == "sqlite3.connect/handle":
        pass  # the connection that was just named
    elif event.startswith(STARTS) or (event.startswith(TOUCHES) and not inside(args[0])):
        seen.append([event, repr(args)])
    elif event in ("compile", "exec", "import") and "owned" in repr(args):
        seen.append([event, repr(args)])

sys.addaudithook(watch)
refused = checked = found = 0
with open_store(data / DATA_FILE, role="engine") as store:
    for text in texts:
        try:
            workflow = load_text(text, "hostile")
        except SignalboxError:
            refused += 1
            continue
        found += len(problems(workflow, CATALOG, site_of(data, Settings(), store.library)))
        store.library.put(workflow)
        checked += 1
    imported = len(store.library.names())
before = len(seen)
sys.audit("socket.connect", "the watch is awake", "owned")
print(json.dumps({"seen": seen[:before], "awake": len(seen) > before, "refused": refused, "checked": checked,
                  "found": found, "imported": imported}))
"""


def payloads(folder: Path) -> list[Any]:
    """Texts and values that do harm wherever somebody believes them."""
    owned = folder / "owned"
    return [
        f"$(touch {owned})", f"`touch {owned}`", f"; touch {owned} #", f"| touch {owned}", f"\n touch {owned} \n",
        f"{{{{ __import__('os').system('touch {owned}') }}}}", f"{{{{ open('{owned}', 'w') }}}}",
        f"{{% for x in ().__class__.__bases__[0].__subclasses__() %}}{owned}{{% endfor %}}", f"${{{{ {owned} }}}}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ [1,2,3].map(a, [1,2,3].map(b, [1,2,3].map(c, a))) }}",
        "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "{{ " + " + ".join(["1"] * 5000) + " }}",
        "{{ 'a'.matches('(a+)+$') && '" + "a" * 2000 + "!'.matches('(a+)+$') }}", "{{ input.owned }}" * 2000,
        f"file://{owned}", str(owned), f"../../../../../../../..{owned}", "/etc/passwd", "/proc/self/mem", "/dev/zero",
        "\\\\127.0.0.1\\share\\owned", "//127.0.0.1/share/owned", "C:\\owned", "CON", "owned\0.txt", "~/owned",
        "http://127.0.0.1:9/owned", "http://[::1]:9/owned", "https://169.254.169.254/latest/owned", "gopher://127.0.0.1:9/_x",
        "ldap://127.0.0.1:9/owned", "postgresql://127.0.0.1:9/owned", "secret://owned", "jar:file:///owned!/x",
        "!!python/object/apply:os.system ['touch owned']", "x" * 200_000, ["x"] * 20_000,
        {"$ref": f"file://{owned}"}, {"$dynamicRef": "http://127.0.0.1:9/owned"}, 10**300,
        {"a": {"b": {"c": ["owned"] * 1000}}}, {"$ref": "http://127.0.0.1:9/owned"},
    ]  # fmt: skip


PLACES: list[tuple[str, str]] = [
    ("command.run", "argv"), ("command.run", "cwd"), ("command.run", "env"), ("file.write", "path"),
    ("file.read", "path"), ("http.request", "url"), ("sql.query", "database"), ("sql.query", "sql"),
    ("data.set", "values"), ("data.template", "text"), ("branch", "cases"), ("loop", "until"), ("gate", "headline"),
    ("gate", "value_schema"), ("form", "form"), ("agent", "model"), ("agent", "output"), ("onnx.run", "model"),
    ("subworkflow", "workflow"), ("each", "items"), ("wait", "until"), ("../../plugins/owned", "do"),
    ("mqtt.publish", "broker"), ("mqtt.read", "topic"), ("modbus.read", "device"), ("opcua.read", "server"),
    ("serial.exchange", "port"), ("modbus.write", "points"), ("mcp.call", "arguments"), ("mcp.call", "server"),
    ("agent", "accepts"), ("agent", "tool"), ("agent", "budget_tokens"), ("agent", "fallback_model"),
    ("gate", "required"),
    ("http.request", "headers"), ("model.ask", "messages"), ("model.choose", "labels"), ("file.read", "x-ui"),
]  # fmt: skip


def hostile(folder: Path) -> Iterator[str]:
    """Workflow files: every payload in several places, then files that are hostile as files."""
    for number, payload in enumerate(payloads(folder)):
        for kind, param in PLACES[number % 4 :: 4]:
            value = payload
            if param in ("argv",) and isinstance(payload, str):
                value = ["sh", "-c", payload]
            elif param in ("values", "env"):
                value = {"a": payload}
            elif param == "cases":
                value = [{"name": "a", "when": payload}]
            node = {"type": kind, "params": {param: value}}
            yield json.dumps({"format": 1, "name": f"n{number}", "nodes": {"a": node}})
        yield json.dumps({"format": 1, "name": f"i{number}", "inputs": {"a": {"default": payload, "format": "file"}}})
        yield json.dumps({"format": 1, "name": f"o{number}", "nodes": {}, "outputs": {"a": payload}})
    yield from (
        f"a: !!python/object/apply:os.system [touch {folder}/owned]\n",
        f"a: !!python/object/new:subprocess.Popen [[touch, {folder}/owned]]\n",
        "a: !include /etc/passwd\n",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n",
        "[" * 100_000,
        "{" * 100_000,
        "format: 1\nname: ../../owned\n",
        "format: 99\nname: owned\n",
        "\0owned",
        "format: 1\nname: x\nname: y\n",
        "format: .nan\nname: x\n",
    )


def test_opening_checking_and_importing_starts_opens_and_writes_nothing_outside_the_data_folder(tmp_path: Path) -> None:
    data, outside = tmp_path / "data", tmp_path / "outside"
    data.mkdir()
    outside.mkdir()
    texts = list(hostile(outside))
    assert len(texts) >= 200
    (tmp_path / "texts.json").write_text(json.dumps(texts))
    child = subprocess.run(
        [sys.executable, "-B", "-c", WATCHED, str(data), str(tmp_path / "texts.json")],
        capture_output=True, text=True, cwd=REPO, timeout=150, check=False,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr[-2000:]
    said = json.loads(child.stdout)
    assert said["seen"] == []
    assert said["awake"], "the watch itself must work"
    assert said["refused"] > 10 and said["checked"] > 200 and said["found"] > 200 and said["imported"] > 50
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("path", ["\\\\server\\share\\a.csv", "//server/share/a.csv"])
def test_a_path_on_another_computer_is_not_looked_at_before_a_run(tmp_path: Path, path: str) -> None:
    from engine.observe.site import site_of
    from engine.settings import Settings

    assert site_of(tmp_path, Settings(), None).files_exist(path), "looking would connect to that computer"
    assert not site_of(tmp_path, Settings(), None).files_exist("a.csv")
