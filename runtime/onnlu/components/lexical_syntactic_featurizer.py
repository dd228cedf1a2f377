"""Features of how a token is written, and of its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, Final, Self

import numpy as np

from onnlu.components import options
from onnlu.components.featurizer import Featurizer
from onnlu.components.json_resource import read_json, write_json
from onnlu.components.options import Option
from onnlu.components.token_cache import MAX_CACHED_LENGTH, MAX_CACHED_TOKENS
from onnlu.components.vocabulary import grown
from onnlu.features import SEQUENCE, Features
from onnlu.message import TEXT, Message, Token
from onnlu.sparse import SparseMatrix
from onnlu.training_data import EXAMPLES, TrainingData
from onnlu_engine import ExecutionContext, ModelStorage, Resource
from onnlu_engine.errors import InvalidConfigException, did_you_mean

_FILE: Final = "features.json"

_OF_TEXT: Final[dict[str, Callable[[str], object]]] = {
    "low": str.islower,
    "title": str.istitle,
    "upper": str.isupper,
    "digit": str.isdigit,
    "prefix2": lambda text: text[:2],
    "prefix5": lambda text: text[:5],
    "suffix1": lambda text: text[-1:],
    "suffix2": lambda text: text[-2:],
    "suffix3": lambda text: text[-3:],
    "suffix5": lambda text: text[-5:],
}
_OF_PLACE: Final[dict[str, Callable[[bool, bool], object]]] = {
    "BOS": lambda is_first, is_last: is_first,
    "EOS": lambda is_first, is_last: is_last,
}
_KNOWN: Final = (*_OF_PLACE, *_OF_TEXT)
_NEED_TAGGER: Final = ("pos", "pos2")


def _is_window(value: Any) -> bool:
    return isinstance(value, list) and len(value) % 2 == 1 and all(map(options.is_texts, value))


_OPTIONS: Final = {
    "alias": options.optional_text(),
    "features": Option(
        [
            ["low", "title", "upper"],
            ["BOS", "EOS", "low", "upper", "title", "digit"],
            ["low", "title", "upper"],
        ],
        "an odd number of lists of feature names, the middle one for the token itself",
        _is_window,
    ),
}

_Feature = tuple[int, str, str]
"""Place in the window, name, value: one column."""
_TokenColumns = tuple[bytes, ...]
"""The columns that a token sets at each place of a window it may stand at, packed as int32."""


class LexicalSyntacticFeaturizer(Featurizer):
    """Describes how each token and its neighbours are written; sequence features only.

    As Rasa 3.6, of texts and not of responses: each value that a feature takes in training is a
    column; other values, and neighbours beyond the text, set none. Finetuning appends new columns.

    Options:
        alias: origin of the features, instead of the node's name.
        features: names of features, a list for each token of a window around the token itself:
            `BOS` and `EOS` (first and last token), `low`, `title`, `upper`, `digit`, `prefix2`,
            `prefix5`, `suffix1`, `suffix2`, `suffix3`, `suffix5`.

    Raises:
        InvalidConfigException: an option is unknown or wrong.
    """

    featurizes_responses = False

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        known: Sequence[_Feature] = (),
    ) -> None:
        _check(config)
        super().__init__(config, execution_context)
        self._window = [list(dict.fromkeys(names)) for names in config["features"]]
        self._beyond: list[_TokenColumns] = [(b"",) * len(self._window)] * (len(self._window) // 2)
        self._model_storage = model_storage
        self._resource = resource
        self._is_finetuning = execution_context.is_finetuning
        self._know(known)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build an untrained featurizer; it has no columns and adds no features."""
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
        """Build a featurizer with the columns it learnt.

        Raises:
            ResourceNotFoundException: nothing was persisted under this name.
            CorruptModelException: what was persisted is missing or has another shape.
        """
        expected = "a list of distinct [place, name, value]"
        known = read_json(model_storage, resource, _FILE, _are_features, expected)
        features = [(place, name, value) for place, name, value in known]
        return cls(config, model_storage, resource, execution_context, features)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Every option with its default."""
        return options.default_config(_OPTIONS)

    @staticmethod
    def can_finetune() -> bool:
        """Known values keep their columns; new ones follow, sorted."""
        return True

    @property
    def columns(self) -> dict[_Feature, int]:
        """Column of each (place in the window, name, value)."""
        return dict(self._columns)

    @classmethod
    def parts_read(cls, method: str, config: dict[str, Any]) -> Collection[str] | None:
        """It learns from the tokens of texts."""
        return [EXAMPLES] if method == "train" else None

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the columns from tokenized training data, persist them, and return where."""
        learnt: set[_Feature] = set()
        for message in training_data.examples:
            learnt.update(self._values(message.tokens[TEXT]))
        known = self._columns if self._is_finetuning else ()
        self._know(grown(tuple(known), sorted(learnt)))
        write_json(self._model_storage, self._resource, _FILE, list(self._columns))
        return self._resource

    def featurize(self, message: Message) -> None:
        """Add the features of the text to a message that has text tokens."""
        if not self._columns:
            return
        texts = [token.text for token in message.tokens[TEXT]]
        last = len(texts) - 1
        tokens = [self._token_columns(text, i == 0, i == last) for i, text in enumerate(texts)]
        # A row takes of each token in its window what that sets at its place there.
        by_place = zip(*self._beyond, *tokens, *self._beyond, strict=True)
        shifted = [columns[place:] for place, columns in enumerate(by_place)]
        rows = [b"".join(columns) for columns in zip(*shifted, strict=False)]
        matrix = SparseMatrix.from_packed_rows(rows, len(self._columns))
        message.features.append(Features(matrix, SEQUENCE, TEXT, self.origin))

    def _know(self, features: Sequence[_Feature]) -> None:
        self._columns = {feature: column for column, feature in enumerate(features)}
        self._cache: dict[tuple[str, bool, bool], _TokenColumns] = {}
        self._distinct: dict[_TokenColumns, _TokenColumns] = {}  # shared by tokens that look alike

    def _values(self, tokens: Sequence[Token]) -> Iterator[_Feature]:
        half, last = len(self._window) // 2, len(tokens) - 1
        for index, token in enumerate(tokens):
            for place, names in enumerate(self._window):
                if 0 <= index + half - place <= last:
                    yield from _features(place, names, token.text, index == 0, index == last)

    def _token_columns(self, text: str, is_first: bool, is_last: bool) -> _TokenColumns:
        key = (text, is_first, is_last)
        columns = self._cache.get(key)
        if columns is None:
            columns = tuple(
                self._known_columns(_features(place, names, *key))
                for place, names in enumerate(self._window)
            )
            if len(self._cache) < MAX_CACHED_TOKENS and len(text) <= MAX_CACHED_LENGTH:
                self._cache[key] = columns = self._distinct.setdefault(columns, columns)
        return columns

    def _known_columns(self, features: Iterable[_Feature]) -> bytes:
        known = [self._columns[feature] for feature in features if feature in self._columns]
        return np.array(known, dtype=np.int32).tobytes()


def _features(
    place: int, names: Sequence[str], text: str, is_first: bool, is_last: bool
) -> Iterator[_Feature]:
    """Yield what a token sets at one place of a window."""
    for name in names:
        if name in _OF_TEXT:
            yield place, name, str(_OF_TEXT[name](text))
        else:
            yield place, name, str(_OF_PLACE[name](is_first, is_last))


def _check(config: dict[str, Any]) -> None:
    component = LexicalSyntacticFeaturizer.__name__
    options.check_config(component, config, _OPTIONS)
    problems = []
    for name in dict.fromkeys(name for names in config["features"] for name in names):
        if name in _NEED_TAGGER:
            problems.append(
                f"{component}: feature '{name}' needs part-of-speech tags, which no tokenizer here "
                "gives. Take it out of 'features'."
            )
        elif name not in _KNOWN:
            problems.append(f"{component} has no feature '{name}'. {did_you_mean(name, _KNOWN)}")
    if problems:
        raise InvalidConfigException("\n".join(problems))


def _are_features(content: Any) -> bool:
    return (
        isinstance(content, list)
        and all(isinstance(item, list) for item in content)
        and all([type(part) for part in item] == [int, str, str] for item in content)
        and len(set(map(tuple, content))) == len(content)
    )
