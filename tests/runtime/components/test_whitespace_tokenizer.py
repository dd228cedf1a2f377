from __future__ import annotations

import json
from pathlib import Path

import pytest

from onnlu.components.whitespace_tokenizer import WhitespaceTokenizer
from onnlu.message import Token

TOKENIZER = WhitespaceTokenizer(WhitespaceTokenizer.get_default_config())


def words(text: str) -> list[str]:
    return [token.text for token in TOKENIZER.tokenize(text)]


@pytest.mark.shared
def test_tokens_equal_those_of_rasa(shared: Path) -> None:
    lines = (shared / "oracles/tokens.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1072
    for line in map(json.loads, lines):
        tokens = [[t.text, t.start, t.end] for t in TOKENIZER.tokenize(line["text"])]
        assert tokens == line["tokens"], line["text"]


def test_punctuation_goes_at_the_borders_of_words() -> None:
    assert words("(hello), [world]! ... bye?!") == ["hello", "world", "bye"]


def test_marks_within_a_word_join_or_split() -> None:
    assert words("a.b x=y 3:30 a/b-c") == ["a.b", "x=y", "3:30", "a/b-c"]
    assert words("don't per%cent a\\b") == ["don", "t", "per", "cent", "a", "b"]


def test_a_mark_next_to_a_digit_does_not_split() -> None:
    assert words("10'000 5'b b'5") == ["10'000", "5'b", "b'5"]
    assert words("5''b b''5") == ["5'", "b", "b", "'5"]


def test_one_mark_stays_before_a_number() -> None:
    assert words("-5 ((5 $.5") == ["-5", "(5", ".5"]


def test_hash_at_and_ampersand_stay() -> None:
    assert words("#tag @me & c# (#)") == ["#tag", "@me", "&", "c#", "#"]


def test_combining_marks_belong_to_their_word() -> None:
    assert words("हिन्दी e\u0301te\u0301.") == ["हिन्दी", "e\u0301te\u0301"]


def test_emoji_are_dropped() -> None:
    assert words("\U0001f600 hi ❤\ufe0f") == ["hi"]
    assert words("\U0001f3f3\ufe0f\u200d\U0001f308 flag") == ["flag"]


def test_a_text_of_nothing_else_is_one_token() -> None:
    for text in ("", " ", "?!", "\U0001f600", "中文 字符"):
        assert TOKENIZER.tokenize(text) == [Token(text, 0, len(text))]


def test_blanks_of_unicode_separate_too() -> None:
    assert words("a\u00a0b\u2028c\x1cd\u3000e") == ["a", "b", "c", "d", "e"]


def test_a_token_is_placed_where_it_stands() -> None:
    # Rasa looks for each word after the one before, and finds this one too early.
    assert TOKENIZER.tokenize("~한'~'a") == [Token("~", 3, 4), Token("a", 5, 6)]


def test_it_is_for_languages_with_blanks() -> None:
    assert WhitespaceTokenizer.not_supported_languages() == ["zh", "ja", "th"]
    assert WhitespaceTokenizer.supported_languages() is None
