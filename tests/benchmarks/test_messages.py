"""Messages to compare models on."""

from __future__ import annotations

from .scripts import module

messages = module("messages").messages

TEXTS = ["book a table for two", "play some jazz", "hello"]


def test_the_texts_come_first_and_edits_of_one_word_follow() -> None:
    found = messages(TEXTS, 60, seed=1)
    assert found[:3] == TEXTS
    assert len(found) == len(set(found)) == 60
    for edited in found[3:]:
        assert any(_words_apart(edited, text) <= 1 for text in TEXTS), edited


def test_a_seed_decides_the_edits() -> None:
    assert messages(TEXTS, 40, seed=1) == messages(TEXTS, 40, seed=1)
    assert messages(TEXTS, 40, seed=1) != messages(TEXTS, 40, seed=2)


def _words_apart(edited: str, text: str) -> int:
    """Words from the first difference to the last, in the longer of the two."""
    one, other = edited.split(), text.split()
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return max(len(one), len(other))
