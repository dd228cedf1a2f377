"""Dense features: the vectors of words, from a file."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from onnlu.components import options
from onnlu.components.featurizer import Featurizer
from onnlu.components.word_vectors import WordVectors, write_word_vectors
from onnlu.components.word_vectors_file import read_word_vectors
from onnlu.features import SENTENCE, SEQUENCE, Features
from onnlu.message import TEXT, Message
from onnlu.training_data import TrainingData
from onnlu_engine import ExecutionContext, ModelStorage, Resource
from onnlu_engine.errors import InvalidConfigException

_NAME: Final = "WordVectorsFeaturizer"
_OPTIONS: Final = {
    "alias": options.optional_text(),
    "file": options.optional_text(),
    "max_words": options.optional_whole_number(),
    "pooling": options.choice("mean", "mean", "max"),
}


class WordVectorsFeaturizer(Featurizer):
    """Gives each token the vector of its word, and the sentence their mean or maximum.

    A token that the file does not know as it is written is looked up in lower case; a token that
    it does not know at all has a vector of zeros. Such vectors do not count for the sentence.

    Training copies the vectors into the model, so that serving needs no other file; there they are
    mapped into memory, and only those that texts ask for are read.

    Options:
        file: the word vectors: text (`.vec`, `.txt`) or binary (`.bin`) of word2vec, text of GloVe
            or fastText. A relative path starts at the working directory.
        max_words: how many words of the file to take, from its beginning; null for all. Such files
            begin with the most frequent words.
        pooling: "mean" or "max".
        alias: origin of the features, instead of the node's name.

    Raises:
        InvalidConfigException: an option is unknown or wrong, or the file cannot be read.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        vectors: WordVectors | None = None,
    ) -> None:
        options.check_config(_NAME, config, _OPTIONS)
        super().__init__(config, execution_context)
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._vectors = vectors
        self._pool = np.mean if config["pooling"] == "mean" else np.max

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build an untrained featurizer; it knows no words.

        Raises:
            InvalidConfigException: the file does not begin with a word and its vector.
        """
        component = cls(config, model_storage, resource, execution_context)
        # A wrong file is told before a training starts, not in it.
        next(read_word_vectors(component._file()))
        return component

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Self:
        """Build a featurizer with the vectors that training copied.

        Raises:
            ResourceNotFoundException: nothing was persisted under this name.
            CorruptModelException: what was persisted is missing or does not belong together.
        """
        with model_storage.read_from(resource) as folder:
            vectors = WordVectors.open(folder)
        return cls(config, model_storage, resource, execution_context, vectors)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Every option with its default."""
        return options.default_config(_OPTIONS)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Return the digest of the file, so that a changed one is read again."""
        path = Path(config.get("file") or "")
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @classmethod
    def parts_read(cls, method: str, config: dict[str, Any]) -> Collection[str] | None:
        """What it learns depends on the file alone."""
        return [] if method == "train" else None

    def train(self, training_data: TrainingData) -> Resource:
        """Copy the vectors of the file into the model, and return where.

        Raises:
            InvalidConfigException: the first problem of the file.
        """
        vectors = read_word_vectors(self._file(), self._config["max_words"])
        with self._model_storage.write_to(self._resource) as folder:
            write_word_vectors(folder, vectors)
        return self._resource

    def featurize(self, message: Message) -> None:
        """Add the features of the text to a message that has text tokens."""
        if self._vectors is None:
            return
        tokens = message.tokens[TEXT]
        sequence = np.zeros((len(tokens), self._vectors.units), dtype=np.float32)
        for row, token in zip(sequence, tokens, strict=True):
            vector = self._vector(self._vectors, token.text)
            if vector is not None:
                row[:] = vector
        known = sequence[sequence.any(axis=1)]
        sentence = np.zeros((1, self._vectors.units), dtype=np.float32)
        if len(known):
            sentence[0] = self._pool(known, axis=0)
        for kind, matrix in ((SEQUENCE, sequence), (SENTENCE, sentence)):
            message.features.append(Features(matrix, kind, TEXT, self.origin))

    @staticmethod
    def _vector(vectors: WordVectors, word: str) -> npt.NDArray[np.float32] | None:
        found = vectors.find(word)
        return vectors.find(word.lower()) if found is None else found

    def _file(self) -> Path:
        if self._config["file"] is None:
            raise InvalidConfigException(
                f"{_NAME}: 'file' is not set; name a file of word vectors, such as "
                "`file: vectors/glove.txt`."
            )
        return Path(self._config["file"])
