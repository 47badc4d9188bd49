"""Confidence: the weakest token that carries content."""

from __future__ import annotations

from engine.models.confidence import confidence_of

PIECES = [b'{"', b"tool", b'":"', b"ask", b'","', b"n", b'":', b"1", b"2", b"}"]


def test_without_a_schema_every_token_counts() -> None:
    assert confidence_of([b"a", b"b"], [0.9, 0.4], parts=False, choice=False) == 0.4
    assert confidence_of([], [], parts=False, choice=False) is None


def test_by_schema_only_tokens_of_values_count() -> None:
    chances = [0.1, 0.1, 0.9, 0.8, 0.7, 0.1, 0.1, 0.6, 0.65, 0.1]
    assert confidence_of(PIECES, chances, parts=True, choice=False) == 0.6


def test_where_the_schema_branches_the_first_key_counts_too() -> None:
    chances = [0.9, 0.3, 0.9, 0.8, 0.7, 0.1, 0.1, 0.6, 0.65, 0.1]
    assert confidence_of(PIECES, chances, parts=True, choice=True) == 0.3


def test_the_token_that_ends_a_text_belongs_to_it() -> None:
    chances = [0.9, 0.9, 0.9, 0.9, 0.2, 0.9, 0.9, 0.9, 0.9, 0.9]
    assert confidence_of(PIECES, chances, parts=True, choice=False) == 0.2
