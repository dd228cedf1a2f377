"""Recognises an intent by its training examples, where a text contains one of them."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, Self

from onnlu.components import options
from onnlu.components.intent_classifier import IntentClassifier
from onnlu.components.json_resource import read_json, write_json
from onnlu.message import INTENT, INTENT_RANKING, TEXT, Message
from onnlu.training_data import EXAMPLES, TrainingData
from onnlu_engine import ExecutionContext, ModelStorage, Resource

logger = logging.getLogger(__name__)

_FILE: Final = "keywords.json"
_OPTIONS: Final = {"case_sensitive": options.flag(True)}
_WORD: Final = re.compile(r"\w+")


class KeywordIntentClassifier(IntentClassifier):
    """Takes every training example for a keyword of its intent; as Rasa 3.6.

    A keyword is found where it stands in the text as a whole, with no letter, digit or `_` next to
    it; of several the one learnt first decides. Its intent has confidence 1 and is the whole
    ranking. A text without any keyword keeps the intent that it has.

    A text that is an example of two intents is a keyword of none. Nor is one that a keyword of
    another intent contains.

    Options:
        case_sensitive: upper and lower case differ.

    Raises:
        InvalidConfigException: an option is unknown or wrong.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        intents: Mapping[str, str] | None = None,
    ) -> None:
        options.check_config(type(self).__name__, config, _OPTIONS)
        self._is_case_sensitive: bool = config["case_sensitive"]
        self._model_storage = model_storage
        self._resource = resource
        self._use(intents or {})

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build an untrained classifier; it has no keywords."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Self:
        """Build a classifier with the keywords of its training data.

        Raises:
            ResourceNotFoundException: nothing was persisted under this name.
            CorruptModelException: what was persisted is missing or has another shape.
        """
        expected = "a list of [keyword, intent]"
        content = read_json(model_storage, resource, _FILE, _are_keywords, expected)
        return cls(config, model_storage, resource, dict(content))

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Every option with its default."""
        return options.default_config(_OPTIONS)

    @property
    def keywords(self) -> dict[str, str]:
        """Keyword -> intent, in the order in which they were learnt."""
        return dict(self._intents)

    @classmethod
    def parts_read(cls, method: str, config: dict[str, Any]) -> Collection[str] | None:
        """Its keywords are examples."""
        return [EXAMPLES] if method == "train" else None

    def train(self, training_data: TrainingData) -> Resource:
        """Take the examples for keywords, persist them, and return where."""
        intents: dict[str, str] = {}
        contradictory: dict[str, None] = {}
        for message in training_data.examples:
            if message.get(INTENT):
                keyword, intent = self._folded(message.data[TEXT]), message.data[INTENT]
                if intents.setdefault(keyword, intent) != intent:
                    contradictory[keyword] = None
        for keyword in contradictory:
            logger.warning(
                "'%s' is an example of two intents, so it is no keyword. Remove one of them.",
                keyword,
            )
            del intents[keyword]
        self._use(intents)
        self._use(self._without_contained(intents))
        write_json(self._model_storage, self._resource, _FILE, list(self._intents.items()))
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intents that keywords tell, in place, and return the same messages."""
        for message in messages:
            keyword = next(iter(self._keywords_in(message.data[TEXT])), None)
            if keyword is not None:
                intent = {"name": self._intents[keyword], "confidence": 1.0}
                message.set(INTENT, intent)
                message.set(INTENT_RANKING, [dict(intent)])
            elif not message.get(INTENT):
                message.set(INTENT, {"name": None, "confidence": 0.0})
        return messages

    def _use(self, intents: Mapping[str, str]) -> None:
        self._intents = intents
        # The first word of a keyword is a word of each text that contains it.
        self._by_word: dict[str, list[tuple[int, str]]] = {}
        for number, keyword in enumerate(intents):
            self._by_word.setdefault(_first_word(keyword), []).append((number, keyword))

    def _keywords_in(self, text: str) -> Iterator[str]:
        """Yield the keywords that a text contains, in the order in which they were learnt."""
        text = self._folded(text)
        candidates = [
            candidate
            for word in {"", *_WORD.findall(text)}
            for candidate in self._by_word.get(word, ())
        ]
        return (keyword for _, keyword in sorted(candidates) if _contains(text, keyword))

    def _without_contained(self, intents: dict[str, str]) -> dict[str, str]:
        contained: dict[str, str] = {}
        for longer, intent in intents.items():
            for keyword in self._keywords_in(longer):
                if intents[keyword] != intent:
                    contained.setdefault(keyword, longer)
        for keyword, longer in contained.items():
            logger.warning(
                "Keyword '%s' of intent '%s' stands in '%s' of intent '%s', so it is no keyword.",
                keyword,
                intents[keyword],
                longer,
                intents[longer],
            )
        return {key: intent for key, intent in intents.items() if key not in contained}

    def _folded(self, text: str) -> str:
        return text if self._is_case_sensitive else text.lower()


def _first_word(text: str) -> str:
    match = _WORD.search(text)
    return match.group() if match else ""


def _contains(text: str, keyword: str) -> bool:
    """Tell whether a keyword stands in a text with no character of a word next to it."""
    start = text.find(keyword)
    while start >= 0:
        end = start + len(keyword)
        before, after = text[start - 1 : start], text[end : end + 1]
        if not (_WORD.match(before) or _WORD.match(after)):
            return True
        start = text.find(keyword, start + 1)
    return False


def _are_keywords(content: Any) -> bool:
    return isinstance(content, list) and all(
        options.is_texts(item) and len(item) == 2 for item in content
    )
