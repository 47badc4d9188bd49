"""What the window's parts decide by themselves: names, drops, what is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from designer.main_window.desk import free_name
from designer.main_window.drops import dropped, role_name
from designer.main_window.finder import Entry, found
from designer.main_window.node_list import NODE_TEXT, found_types
from designer.main_window.running import original_name
from engine.errors import Refused
from engine.workflow.model import Workflow

EMPTY = Workflow(name="empty")


def test_a_name_that_is_taken_gets_the_next_number() -> None:
    assert free_name("workflow", []) == "workflow"
    assert free_name("workflow", ["workflow", "workflow-2"]) == "workflow-3"
    assert original_name("machine-alarm-2") == original_name("machine-alarm") == "machine-alarm"


def test_a_dropped_node_type_is_added_where_it_fell() -> None:
    made = dropped(EMPTY, (), f"{NODE_TEXT}gate", (40.0, 20.0))
    assert made.workflow is not None and made.keys == ("gate",)
    assert made.workflow.layout == {"gate": (40.0, 20.0)}


@pytest.mark.parametrize(
    ("urls", "text"),
    [((), f"{NODE_TEXT}no.such.type"), (("https://example.org/a.csv",), ""), ((), "just some words")],
)
def test_a_drop_without_a_meaning_is_refused_in_a_sentence(urls: tuple[str, ...], text: str) -> None:
    with pytest.raises(Refused) as refused:
        dropped(EMPTY, urls, text, (0.0, 0.0))
    assert str(refused.value).rstrip().endswith((".", "!"))


def test_a_model_file_is_known_by_a_name_that_a_role_can_have() -> None:
    assert role_name(Path("Llama 3.2 (Q4).gguf")) == "llama-3-2-q4"
    assert role_name(Path("___.onnx")) == "model"


def test_the_finder_puts_titles_before_other_words() -> None:
    entries = [
        Entry("Export file…", "File", "", lambda: None, words="save yaml"),
        Entry("Save version", "File", "", lambda: None),
        Entry("Inbox", "People", "", lambda: None),
    ]
    assert [entry.title for entry in found(entries, "save")] == ["Save version", "Export file…"]
    assert found(entries, "  ") == entries and found(entries, "zzz") == []


def test_node_types_are_found_by_other_names_for_them() -> None:
    assert found_types("approval")[0].name == "gate"
    assert found_types("zzzzqq") == []
