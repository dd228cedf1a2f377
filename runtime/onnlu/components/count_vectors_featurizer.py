"""Features that count words or n-grams of characters."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any, Final, Self

from onnlu.components import options
from onnlu.components.count_vectorizer import CountVectorizer
from onnlu.components.featurizer import Featurizer, add_shared_features
from onnlu.components.json_resource import read_json, write_json
from onnlu.components.ngrams import Analyzer
from onnlu.components.options import Option
from onnlu.components.vocabulary import NO_LIMITS, Limits, grown, learn_vocabulary
from onnlu.features import SENTENCE, SEQUENCE, Features
from onnlu.message import INTENT, INTENT_RESPONSE_KEY, RESPONSE, TEXT, Message, Token
from onnlu.training_data import EXAMPLES, RETRIEVAL_EXAMPLES, TrainingData
from onnlu_engine import ExecutionContext, ModelStorage, Resource
from onnlu_engine.errors import InvalidConfigException

logger = logging.getLogger(__name__)

_FILE: Final = "vocabularies.json"
_NUMBER: Final = re.compile(r"\b[0-9]+\b")
_NUMBER_TERM: Final = "__NUMBER__"

_TEXTS: Final = (TEXT, RESPONSE)
_NAMES: Final = (INTENT, INTENT_RESPONSE_KEY)
"""Attributes that are names: words alone are counted, numbers stay, and there is no sentence."""


def _is_document_limit(value: Any) -> bool:
    return options.is_positive(value) or (isinstance(value, float) and 0 <= value <= 1)


_DOCUMENT_LIMIT: Final = "a number of messages (1, 2, ...) or a share of them (0.0 to 1.0)"
_OPTIONS: Final = {
    "alias": options.optional_text(),
    "analyzer": options.choice("word", "word", "char", "char_wb"),
    "min_ngram": options.whole_number(1),
    "max_ngram": options.whole_number(1),
    "lowercase": options.flag(True),
    "strip_accents": options.choice(None, None, "ascii", "unicode"),
    "stop_words": options.words(None),
    "min_df": Option(1, _DOCUMENT_LIMIT, _is_document_limit),
    "max_df": Option(1.0, _DOCUMENT_LIMIT, _is_document_limit),
    "max_features": Option(
        None,
        "a whole number of at least 1, or null",
        lambda value: value is None or options.is_positive(value),
    ),
    "use_shared_vocab": options.flag(False),
    "OOV_token": options.optional_text(),
    "OOV_words": options.words([]),
}


class CountVectorsFeaturizer(Featurizer):
    """Counts terms: a row for each token, and one for the tokens joined by blanks.

    As Rasa 3.6 with scikit-learn's CountVectorizer, without lemmas. Runs of the digits 0 - 9 that
    are words count as one term, `__NUMBER__`. In training the terms of responses are counted too,
    and by the analyzer `word` those of intents and intent response keys: token by token, and their
    numbers stay. Each of them has a vocabulary of its own. Finetuning appends new terms, sorted.

    Options:
        alias: origin of the features, instead of the node's name.
        analyzer: `word`, `char`, or `char_wb` (n-grams of characters within padded words).
        min_ngram, max_ngram: words or characters of the shortest and longest terms.
        lowercase: ignore case.
        strip_accents: `ascii` or `unicode`; null keeps accents.
        stop_words: words that are not counted; of the analyzer `word` only.
        min_df, max_df: messages a term must and may occur in: a number or a share.
        max_features: how many of the most frequent terms to keep.
        use_shared_vocab: one vocabulary for all of them. Else the three limits above are for the
            texts of messages only: an intent is never too rare or too frequent.
        OOV_token: stands for unknown words, if it occurs in the training texts or `OOV_words` do;
            of the analyzer `word` only.
        OOV_words: words of the training texts to be taken for `OOV_token`.

    Raises:
        InvalidConfigException: an option is unknown or wrong.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        vocabularies: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        _check(config)
        super().__init__(config, execution_context)
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._is_finetuning = execution_context.is_finetuning
        is_word = config["analyzer"] == "word"
        self._attributes = (*_TEXTS, *_NAMES) if is_word else _TEXTS
        self._analyzer = Analyzer(
            config["analyzer"],
            config["min_ngram"],
            config["max_ngram"],
            config["strip_accents"],
            frozenset(config["stop_words"] or ()),
        )
        self._oov_token = self._cased(config["OOV_token"] or "") if is_word else ""
        self._oov_words = {self._cased(word) for word in config["OOV_words"]} if is_word else set()
        self._vectorizers = self._built_vectorizers(vocabularies or {})

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build an untrained featurizer; it knows no terms and adds no features."""
        return cls(config, model_storage, resource, execution_context)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Self:
        """Build a featurizer that knows the terms it learnt.

        Raises:
            ResourceNotFoundException: nothing was persisted under this name.
            CorruptModelException: what was persisted is missing or has another shape.
        """
        expected = "a list of distinct terms for each attribute"
        vocabularies = read_json(model_storage, resource, _FILE, _are_vocabularies, expected)
        return cls(config, model_storage, resource, execution_context, vocabularies)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Every option with its default."""
        return options.default_config(_OPTIONS)

    @staticmethod
    def can_finetune() -> bool:
        """Known terms keep their columns; new ones follow, sorted."""
        return True

    @property
    def vocabularies(self) -> dict[str, list[str]]:
        """The known terms of each attribute: the place of each is its column."""
        return {name: list(v.vocabulary) for name, v in self._vectorizers.items()}

    @classmethod
    def parts_read(cls, method: str, config: dict[str, Any]) -> Collection[str] | None:
        """It counts in texts, names of intents, and responses."""
        return [EXAMPLES, RETRIEVAL_EXAMPLES] if method == "train" else None

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the terms of tokenized training data, persist them, and return where.

        Args:
            training_data: with tokens.
        """
        learnt = self._learnt(training_data)
        if self._is_finetuning:
            learnt = self._grown(learnt)
        self._warn(learnt[TEXT])
        self._vectorizers = self._built_vectorizers(learnt)
        write_json(self._model_storage, self._resource, _FILE, learnt)
        return self._resource

    def featurize(self, message: Message) -> None:
        """Add the features of the text to a message that has text tokens."""
        message.features += self._features(TEXT, message)

    def response_features(self, message: Message) -> Sequence[Features]:
        """Return the features of a message's response, by the vocabulary of responses."""
        return self._features(RESPONSE, message)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Return the training data with features of texts and names; others see none."""
        featurized = super().process_training_data(training_data)
        for name in _NAMES:
            add_shared_features(featurized.examples, name, partial(self._features, name))
        return featurized

    def _features(self, attribute: str, message: Message) -> list[Features]:
        vectorizer = self._vectorizers.get(attribute)
        if vectorizer is None:
            return []
        texts = [token.text for token in message.tokens[attribute]]
        counts = vectorizer.counts(texts)
        features = [Features(vectorizer.sequence(counts), SEQUENCE, attribute, self.origin)]
        if attribute in _TEXTS:
            sentence = vectorizer.sentence(texts, counts)
            features.append(Features(sentence, SENTENCE, attribute, self.origin))
        return features

    def _learnt(self, training_data: TrainingData) -> dict[str, list[str]]:
        limits = Limits(*(self._config[name] for name in ("min_df", "max_df", "max_features")))
        documents = {
            name: self._documents(training_data, name)
            for name in self._attributes
            if name == TEXT or any(message.tokens.get(name) for message in training_data.examples)
        }
        if self._config["use_shared_vocab"]:
            shared = chain.from_iterable(documents.values())
            return dict.fromkeys(documents, learn_vocabulary(shared, limits))
        return {
            name: learn_vocabulary(documents[name], limits if name == TEXT else NO_LIMITS)
            for name in documents
        }

    def _grown(self, learnt: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """Return the known vocabularies with new terms; what has no terms now keeps its own."""
        known = self.vocabularies
        attributes = dict.fromkeys([*known, *learnt])
        if self._config["use_shared_vocab"]:
            return dict.fromkeys(attributes, grown(known.get(TEXT, ()), learnt[TEXT]))
        return {name: grown(known.get(name, ()), learnt.get(name, ())) for name in attributes}

    def _documents(self, training_data: TrainingData, attribute: str) -> Iterator[list[str]]:
        known: dict[str, list[str]] = {}  # many messages have one intent, and one response
        for message in training_data.examples:
            if tokens := message.tokens.get(attribute):
                value = message.data[attribute]
                terms = known.get(value) or self._terms(tokens, attribute)
                if attribute != TEXT:
                    known[value] = terms
                yield terms

    def _terms(self, tokens: Sequence[Token], attribute: str) -> list[str]:
        texts = [self._normalized(token.text, attribute) for token in tokens]
        texts = [self._oov_token if t in self._oov_words else t for t in texts]
        return self._analyzer.terms(" ".join(texts))

    def _built_vectorizers(
        self, vocabularies: Mapping[str, Sequence[str]]
    ) -> dict[str, CountVectorizer]:
        return {
            name: CountVectorizer(self._analyzer, terms, self._preparation(name, terms))
            for name, terms in vocabularies.items()
            if terms
        }

    def _preparation(self, attribute: str, vocabulary: Sequence[str]) -> Callable[[str], str]:
        known = frozenset(vocabulary)
        if self._oov_token not in known:
            return lambda token: self._normalized(token, attribute)

        def prepare(token: str) -> str:
            text = self._normalized(token, attribute)
            return text if self._analyzer.without_accents(text) in known else self._oov_token

        return prepare

    def _normalized(self, token: str, attribute: str) -> str:
        return self._cased(_NUMBER.sub(_NUMBER_TERM, token) if attribute in _TEXTS else token)

    def _cased(self, text: str) -> str:
        return text.lower() if self._config["lowercase"] else text

    def _warn(self, vocabulary: Sequence[str]) -> None:
        if not vocabulary:
            logger.warning(
                "%s: no term of the training texts is left, so it adds no features to texts. "
                "Check min_df, max_df and stop_words.",
                self.origin,
            )
        elif self._oov_token and self._oov_token not in vocabulary:
            logger.warning(
                "%s: neither OOV_token '%s' nor any of OOV_words occurs in the training texts, so "
                "unknown words are ignored. Use it in some examples, or give OOV_words.",
                self.origin,
                self._oov_token,
            )


def _check(config: dict[str, Any]) -> None:
    name = CountVectorsFeaturizer.__name__
    options.check_config(name, config, _OPTIONS)
    if config["min_ngram"] > config["max_ngram"]:
        raise InvalidConfigException(
            f"{name}: min_ngram {config['min_ngram']} is more than max_ngram "
            f"{config['max_ngram']}. Swap them, or raise max_ngram."
        )
    if config["OOV_words"] and not config["OOV_token"]:
        raise InvalidConfigException(
            f"{name}: OOV_words are given, but no OOV_token to take them for. Set OOV_token."
        )


def _are_vocabularies(content: Any) -> bool:
    return (
        isinstance(content, dict)
        and content.keys() <= {*_TEXTS, *_NAMES}
        and all(
            options.is_texts(terms) and len(set(terms)) == len(terms) for terms in content.values()
        )
    )
