"""What holds for every module: size, a docstring, one owner for heavy libraries, no lock files, pins that are safe."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
PACKAGES = ("engine", "designer")
HARD_CAP, MEDIAN_CAP = 450, 120


def modules() -> list[Path]:
    return sorted(file for package in PACKAGES for file in (REPO / package).rglob("*.py"))


def lines_of(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines())


def pins() -> dict[str, str]:
    found = re.findall(r"(?m)^([A-Za-z0-9._-]+)==(\S+)$", (REPO / "constraints.txt").read_text(encoding="utf-8"))
    return {name.lower(): version for name, version in found}


def child(code: str) -> str:
    """What a fresh Python prints for this code; its errors are ours."""
    done = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_modules_are_small() -> None:
    sizes = {file.relative_to(REPO).as_posix(): lines_of(file) for file in modules()}
    assert {name: size for name, size in sizes.items() if size > HARD_CAP} == {}
    written = [size for size in sizes.values() if size > 1]  # a package that only exists is no evidence
    assert statistics.median(written) <= MEDIAN_CAP


@pytest.mark.parametrize("file", modules(), ids=lambda file: file.relative_to(REPO).as_posix())
def test_every_module_says_what_it_is_for(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    if text.strip():
        first = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
        assert first, "the module has no docstring"


LOADED = "print(sorted({name.partition('.')[0] for name in sys.modules} & set(%r)))"
EVERYTHING = """
import importlib, pkgutil, sys
import engine
for module in pkgutil.walk_packages(engine.__path__, "engine."):
    if "migrations" not in module.name and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


def test_the_whole_engine_loads_without_qt() -> None:
    qt = ("PySide6", "shiboken6", "Qt", "NodeGraphQt", "PyQt6", "qtpy")
    assert child(EVERYTHING + LOADED % (qt,)) == "[]"


def test_importing_all_of_the_engine_loads_no_native_model_runtime() -> None:
    heavy = ("llama_cpp", "onnxruntime")
    assert child(EVERYTHING + LOADED % (heavy,)) == "[]"


def test_the_node_types_load_neither_models_nor_database_nor_structlog() -> None:
    heavy = ("llama_cpp", "onnxruntime", "numpy", "sqlalchemy", "sqlmodel", "structlog", "apscheduler")
    code = "import importlib, pkgutil, sys, engine.nodes\n"
    code += "for m in pkgutil.walk_packages(engine.nodes.__path__, 'engine.nodes.'): importlib.import_module(m.name)\n"
    assert child(code + LOADED % (heavy,)) == "[]"


def test_importing_the_engine_writes_nothing_and_opens_no_socket() -> None:
    code = f"""
import sys
seen = []
def watch(event, args):
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.fork")):
        seen.append(event)
    elif event == "open" and set(args[1] or "") & set("wax+") and "__pycache__" not in str(args[0]):
        seen.append(f"open {{args[0]}}")
sys.addaudithook(watch)
{EVERYTHING}
print([event for event in seen if event != "socket.gethostname"])
"""
    assert child(code) == "[]"


def test_pyside6_stays_on_a_line_that_does_not_abort_python_3_11() -> None:
    # 6.12.0 drops a reference to None in almost every call; before 3.12 that ends the process.
    assert pins()["pyside6-essentials"].startswith("6.11.")
    assert pins()["shiboken6"] == pins()["pyside6-essentials"]
    assert '"PySide6-Essentials==6.11.*"' in (REPO / "pyproject.toml").read_text(encoding="utf-8")


def test_constraints_are_exact_pins_and_name_no_address() -> None:
    for line in (REPO / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or re.fullmatch(r"[a-z0-9][a-z0-9._-]*==[A-Za-z0-9.+!]+", line), line


def test_what_the_project_depends_on_is_pinned() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    names = {re.split(r"[\[<>=~! ;]", one)[0].lower().replace("_", "-").replace(".", "-") for one in asked}
    assert names - set(pins()) == {"onnxruntime"}, "only macOS's onnxruntime is not resolved here"


def test_imports_that_the_cycle_check_leaves_out_are_for_types_only() -> None:
    settings = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    for edge in next(one["ignore_imports"] for one in settings["contracts"] if one["name"] == "No cycles"):
        importer, _, imported = edge.partition(" -> ")
        tree = ast.parse((REPO / f"{importer.replace('.', '/')}.py").read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                node.body = []
        assert imported not in [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)], edge


def test_no_lock_file_is_kept() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=REPO, capture_output=True, text=True).stdout.splitlines()
    names = re.compile(r"(^|/)(uv\.lock|poetry\.lock|Pipfile\.lock|pdm\.lock|pylock[^/]*\.toml|package-lock\.json)$")
    assert [name for name in tracked if names.search(name)] == []


def test_commands_of_the_readme_are_in_the_makefile() -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (REPO / "Makefile").read_text(encoding="utf-8")))
    shown = set(re.findall(r"\bmake ([a-z][a-z-]*)", (REPO / "README.md").read_text(encoding="utf-8")))
    assert {"demo", "test"} <= shown <= targets


def test_continuous_integration_runs_the_command_of_the_readme() -> None:
    script = (REPO / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"\bmake [a-z-]+", script) == ["make test"]
