"""What all tokenizers have in common."""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import Any, Final, Self

from onnlu.components import options
from onnlu.message import INTENT, INTENT_RESPONSE_KEY, RESPONSE, TEXT, Message, Token
from onnlu.training_data import TrainingData
from onnlu_engine import ExecutionContext, GraphComponent, ModelStorage, Resource
from onnlu_engine.errors import InvalidConfigException

OPTIONS: Final = {
    "intent_tokenization_flag": options.flag(False),
    "intent_split_symbol": options.text("_"),
    "prefix_separator_symbol": options.optional_text(),
    "token_pattern": options.optional_text(),
}


class Tokenizer(GraphComponent):
    """Splits texts into tokens; as in Rasa 3.6.

    In training it splits the names of intents and the texts of responses too. An intent response
    key, `faq/ask_name`, is split at its slash, and each part as the name of an intent.

    Options:
        intent_tokenization_flag: split intent names; else each is one token.
        intent_split_symbol: at what.
        prefix_separator_symbol: what stands before its first occurrence in an intent name is a
            token of its own, flag or no flag.
        token_pattern: a regular expression; each token is replaced by the matches in it, unless
            there are none.

    Raises:
        InvalidConfigException: an option is unknown or wrong.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        name = type(self).__name__
        options.check_config(name, config, OPTIONS)
        self._intent_symbol: str | None = None
        if config["intent_tokenization_flag"]:
            self._intent_symbol = config["intent_split_symbol"]
        self._prefix_symbol: str | None = config["prefix_separator_symbol"]
        self._token_pattern = _compiled(name, config["token_pattern"])

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build the tokenizer; it learns nothing, so `load` does the same."""
        return cls(config)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Every option with its default."""
        return options.default_config(OPTIONS)

    @abstractmethod
    def tokenize(self, text: str) -> list[Token]:
        """Split a text; there is at least one token, even where the text is empty."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the text tokens of messages, in place, and return the same messages."""
        for message in messages:
            message.tokens[TEXT] = self._text_tokens(message.data[TEXT])
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Return the training data with tokens; other readers of them see none."""
        tokenized = training_data.copy()
        self.process(tokenized.examples)
        responses: dict[str, list[Token]] = {}  # messages of one response share its tokens
        for message in tokenized.examples:
            if intent := message.get(INTENT):
                message.tokens[INTENT] = self._intent_tokens(intent)
            if key := message.get(INTENT_RESPONSE_KEY):
                message.tokens[INTENT_RESPONSE_KEY] = self._key_tokens(key)
            if response := message.get(RESPONSE):
                if response not in responses:
                    responses[response] = self._text_tokens(response)
                message.tokens[RESPONSE] = responses[response]
        return tokenized

    def _text_tokens(self, text: str) -> list[Token]:
        tokens = self.tokenize(text)
        pattern = self._token_pattern
        return tokens if pattern is None else _split_again(tokens, pattern)

    def _key_tokens(self, key: str) -> list[Token]:
        """Return the tokens of both parts of `faq/ask_name`."""
        intent, slash, name = key.partition("/")
        shift = len(intent) + len(slash)
        return self._intent_tokens(intent) + [
            Token(token.text, token.start + shift, token.end + shift)
            for token in self._intent_tokens(name)
        ]

    def _intent_tokens(self, intent: str) -> list[Token]:
        tokens: list[Token] = []
        rest_start = 0
        if self._prefix_symbol and self._prefix_symbol in intent:
            end = intent.index(self._prefix_symbol)
            tokens.append(Token(intent[:end], 0, end))
            rest_start = end + len(self._prefix_symbol)
        rest = intent[rest_start:]
        start = rest_start
        for word in rest.split(self._intent_symbol) if self._intent_symbol else [rest]:
            tokens.append(Token(word, start, start + len(word)))
            start += len(word) + len(self._intent_symbol or "")
        return tokens


def _compiled(name: str, pattern: str | None) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        return re.compile(pattern)
    except re.error as error:
        raise InvalidConfigException(
            f"{name}: 'token_pattern' is no regular expression: {error}. Correct {pattern!r}."
        ) from error


def _split_again(tokens: list[Token], pattern: re.Pattern[str]) -> list[Token]:
    split: list[Token] = []
    for token in tokens:
        matches = [match for match in pattern.finditer(token.text) if match.group()]
        if matches:
            split += [
                Token(match.group(), token.start + match.start(), token.start + match.end())
                for match in matches
            ]
        else:
            split.append(token)
    return split
