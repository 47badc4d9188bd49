"""Times in sentences."""

from __future__ import annotations

import pytest

from engine.observe.spans import span


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.904, "0.904 s"), (41, "41 s"), (125, "2 min 5 s"), (3600, "1 h"), (12_000, "3 h 20 min"), (187_200, "2 d 4 h")],
)
def test_a_time_is_said_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert span(seconds) == words
