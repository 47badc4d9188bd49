from __future__ import annotations

from pathlib import Path

import pytest

from engine.store import progress as progress_module
from engine.store.progress import Progress


def test_pieces_are_seen_by_another_reader_in_order(tmp_path: Path) -> None:
    writer = Progress(tmp_path / "progress.sqlite", writes=True)
    reader = Progress(tmp_path / "progress.sqlite", writes=False)
    assert reader.tail() == []
    writer.put("r1", "ask", (2, 1), "1", "Hel")
    writer.put("r2", "ask", (), "1", "other")
    writer.put("r1", "ask", (2, 1), "1", "lo")
    pieces = reader.tail(run="r1")
    assert [(piece.node, piece.visit, piece.key, piece.text) for piece in pieces] == [
        ("ask", "2.1", "1", "Hel"),
        ("ask", "2.1", "1", "lo"),
    ]
    assert [piece.text for piece in reader.tail(after=pieces[0].id)] == ["other", "lo"]
    writer.close()
    reader.close()


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "progress.sqlite"
    path.write_bytes(b"not a database" * 500)
    reader = Progress(path, writes=False)
    assert reader.tail() == []
    writer = Progress(path, writes=True)
    writer.put("r1", "ask", (), "1", "hello")
    assert [piece.text for piece in reader.tail()] == ["hello"]
    writer.close()
    reader.close()


def test_a_folder_that_is_gone_costs_the_piece_and_nothing_else(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "nowhere" / "progress.sqlite", writes=True)
    progress.put("r1", "ask", (), "1", "hello")
    assert progress.tail() == []


def test_old_pieces_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "KEEP", 100)
    progress = Progress(tmp_path / "progress.sqlite", writes=True)
    for number in range(1000):
        progress.put("r1", "ask", (), "1", str(number))
    assert [piece.text for piece in progress.tail()] == [str(number) for number in range(900, 1000)]
    progress.close()
