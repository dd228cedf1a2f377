"""Texts that have as many tokens as was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from onnlu.components.whitespace_tokenizer import WhitespaceTokenizer
from onnlu.message import TEXT, Message

from .scripts import CHECKOUT, module

texts = module("serving_texts")
data_sets = module("data_sets")


@pytest.fixture(scope="module")
def concierge() -> Any:
    return data_sets.concierge(CHECKOUT).test_texts()


def token_count(text: str) -> int:
    tokenizer = WhitespaceTokenizer(WhitespaceTokenizer.get_default_config())
    (message,) = tokenizer.process([Message({TEXT: text})])
    return len(message.tokens[TEXT])


@pytest.mark.parametrize("tokens", [1, 5, 10, 500])
def test_texts_have_so_many_tokens(concierge: list[str], tokens: int) -> None:
    for found in (texts.texts_of, texts.put_together):
        assert [token_count(text) for text in found(concierge, tokens, 7)] == [tokens] * 7


def test_real_texts_come_before_those_put_together() -> None:
    some = ["turn it on", "what's up now", "stop", "play some jazz"]
    first, second, third = texts.texts_of(some, 3, 3)
    assert (first, second) == ("turn it on", "play some jazz")
    assert set(third.split()) <= {word for text in some for word in text.split()}


def test_texts_are_the_same_each_time(concierge: list[str]) -> None:
    assert texts.put_together(concierge, 5, 9) == texts.put_together(concierge, 5, 9)


def test_a_blob_is_one_token(concierge: list[str]) -> None:
    blob = texts.blob(concierge, 2_000)
    assert (len(blob), token_count(blob)) == (2_000, 1)


def test_texts_without_a_plain_word_are_refused() -> None:
    with pytest.raises(ValueError, match="no word"):
        texts.put_together(["?!", "l'on"], 1, 1)
