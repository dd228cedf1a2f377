from __future__ import annotations

from typing import Any

import pytest

from onnlu.components.whitespace_tokenizer import WhitespaceTokenizer
from onnlu.message import Message, Token
from onnlu.training_data import TrainingData
from onnlu_engine.errors import InvalidConfigException


def intent_tokens(build: Any, intent: str, **config: Any) -> list[Token]:
    data = TrainingData([Message({"text": "x", "intent": intent})])
    (message,) = build(WhitespaceTokenizer, **config).process_training_data(data).examples
    tokens: list[Token] = message.tokens["intent"]
    return tokens


def text_tokens(build: Any, text: str, **config: Any) -> list[Token]:
    (message,) = build(WhitespaceTokenizer, **config).process([Message({"text": text})])
    return message.tokens["text"]


def test_messages_are_changed_in_place_and_returned(build: Any) -> None:
    messages = [Message({"text": "a b"})]
    assert build(WhitespaceTokenizer).process(messages) is messages
    assert messages[0].tokens == {"text": [Token("a", 0, 1), Token("b", 2, 3)]}


def test_the_examples_and_their_intents_get_tokens(build: Any) -> None:
    data = TrainingData([Message({"text": "a"}), Message({"text": "b", "intent": "greet"})])
    data = build(WhitespaceTokenizer).process_training_data(data)
    assert data.examples[0].tokens == {"text": [Token("a", 0, 1)]}
    assert data.examples[1].tokens["intent"] == [Token("greet", 0, 5)]


def test_an_intent_is_one_token(build: Any) -> None:
    assert intent_tokens(build, "book_trip now") == [Token("book_trip now", 0, 13)]


def test_an_intent_is_split_on_request(build: Any) -> None:
    assert intent_tokens(build, "book_trip now", intent_tokenization_flag=True) == [
        Token("book", 0, 4),
        Token("trip now", 5, 13),
    ]
    assert intent_tokens(
        build, "a::b", intent_tokenization_flag=True, intent_split_symbol="::"
    ) == [Token("a", 0, 1), Token("b", 3, 4)]


def test_the_prefix_of_an_intent_is_a_token(build: Any) -> None:
    assert intent_tokens(build, "faq|ask_name|x", prefix_separator_symbol="|") == [
        Token("faq", 0, 3),
        Token("ask_name|x", 4, 14),
    ]
    assert intent_tokens(
        build, "faq|ask_name", prefix_separator_symbol="|", intent_tokenization_flag=True
    ) == [Token("faq", 0, 3), Token("ask", 4, 7), Token("name", 8, 12)]
    assert intent_tokens(build, "greet", prefix_separator_symbol="|") == [Token("greet", 0, 5)]


def test_a_pattern_splits_tokens_again(build: Any) -> None:
    assert text_tokens(build, "a1b 123 c-d", token_pattern="[a-z]+") == [
        Token("a", 0, 1),
        Token("b", 2, 3),
        Token("123", 4, 7),  # no match: the token stays
        Token("c", 8, 9),
        Token("d", 10, 11),
    ]


def test_empty_matches_of_a_pattern_make_no_tokens(build: Any) -> None:
    assert text_tokens(build, "a1 b", token_pattern="[a-z]*") == [
        Token("a", 0, 1),
        Token("b", 3, 4),
    ]


def test_a_bad_pattern_is_named(build: Any) -> None:
    with pytest.raises(InvalidConfigException, match=r"'token_pattern'.*'\(a'"):
        build(WhitespaceTokenizer, token_pattern="(a")


def test_an_unknown_option_is_named_with_the_nearest(build: Any) -> None:
    with pytest.raises(InvalidConfigException, match="Did you mean 'token_pattern'"):
        build(WhitespaceTokenizer, token_patern="a")


def key_tokens(build: Any, key: str, **config: Any) -> list[Token]:
    data = TrainingData([Message({"text": "x", "intent_response_key": key})])
    (message,) = build(WhitespaceTokenizer, **config).process_training_data(data).examples
    tokens: list[Token] = message.tokens["intent_response_key"]
    return tokens


def test_a_key_is_split_at_its_slash_and_each_part_as_an_intent(build: Any) -> None:
    assert key_tokens(build, "faq/ask_name") == [Token("faq", 0, 3), Token("ask_name", 4, 12)]
    assert key_tokens(build, "faq/ask_name", intent_tokenization_flag=True) == [
        Token("faq", 0, 3),
        Token("ask", 4, 7),
        Token("name", 8, 12),
    ]


def test_a_response_is_split_as_a_text_in_training_alone(build: Any) -> None:
    tokenizer = build(WhitespaceTokenizer, token_pattern="[a-z]+")
    messages = [Message({"text": "x", "response": "We open at 9a5."}) for _ in range(2)]
    tokenizer.process(messages)
    assert "response" not in messages[0].tokens
    messages = tokenizer.process_training_data(TrainingData(messages)).examples
    assert [token.text for token in messages[0].tokens["response"]] == ["e", "open", "at", "a"]
    assert messages[0].tokens["response"] is messages[1].tokens["response"]
