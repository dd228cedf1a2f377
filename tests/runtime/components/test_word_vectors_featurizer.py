from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onnlu.components.word_vectors_featurizer import WordVectorsFeaturizer
from onnlu.features import SENTENCE, SEQUENCE, Features
from onnlu.message import Message
from onnlu.training_data import TrainingData
from onnlu_engine.errors import (
    CorruptModelException,
    InvalidConfigException,
    ResourceNotFoundException,
)

VECTORS = "new 1 2\nyork 3 -4\nPolish 5 5\npolish 7 7\nzero 0 0\n"


@pytest.fixture
def trained(build: Any, tmp_path: Path) -> Any:
    """Train on the vectors above, and load; the file is gone by then."""

    def made(**config: Any) -> WordVectorsFeaturizer:
        file = tmp_path / "vectors.txt"
        file.write_text(VECTORS, encoding="utf-8")
        config = {"file": str(file), **config}
        build(WordVectorsFeaturizer, **config).train(TrainingData())
        file.unlink()
        featurizer = build(WordVectorsFeaturizer, load=True, **config)
        assert isinstance(featurizer, WordVectorsFeaturizer)
        return featurizer

    return made


def features(featurizer: WordVectorsFeaturizer, message: Message) -> list[Features]:
    featurizer.process([message])
    return message.features


def rows(featurizer: WordVectorsFeaturizer, message: Message) -> list[list[float]]:
    """Return the rows of the tokens, and after them that of the sentence."""
    return [row for found in features(featurizer, message) for row in np.asarray(found.matrix)]


def test_tokens_have_vectors_and_the_sentence_their_mean(trained: Any, tokenized: Any) -> None:
    found = rows(trained(), *tokenized("new york"))
    assert np.array_equal(found, [[1, 2], [3, -4], [2, -1]])


def test_the_sentence_may_have_the_maximum(trained: Any, tokenized: Any) -> None:
    assert rows(trained(pooling="max"), *tokenized("new york"))[-1].tolist() == [3, 2]


def test_vectors_of_zeros_do_not_count_for_the_sentence(trained: Any, tokenized: Any) -> None:
    assert np.array_equal(
        rows(trained(), *tokenized("york unknown zero")), [[3, -4], [0, 0], [0, 0], [3, -4]]
    )
    # A maximum over zeros would be [3, 0].
    assert rows(trained(pooling="max"), *tokenized("york zero"))[-1].tolist() == [3, -4]


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_a_text_of_unknown_words_has_zeros(trained: Any, tokenized: Any, pooling: str) -> None:
    assert np.array_equal(rows(trained(pooling=pooling), *tokenized("x y")), np.zeros((3, 2)))


def test_an_unknown_token_is_looked_up_in_lower_case(trained: Any, tokenized: Any) -> None:
    found = rows(trained(), *tokenized("NEW Polish POLISH"))
    assert np.array_equal(found[:3], [[1, 2], [5, 5], [7, 7]])


def test_features_are_dense_and_say_where_they_come_from(trained: Any, tokenized: Any) -> None:
    sequence, sentence = features(trained(alias="vectors"), *tokenized("new york"))
    assert (sequence.type, sentence.type) == (SEQUENCE, SENTENCE)
    for found, shape in ((sequence, (2, 2)), (sentence, (1, 2))):
        assert isinstance(found.matrix, np.ndarray)
        assert (found.matrix.shape, found.matrix.dtype) == (shape, np.float32)
        assert (found.attribute, found.origin, found.is_sparse) == ("text", "vectors", False)


def test_only_the_first_words_are_taken_on_request(trained: Any, tokenized: Any) -> None:
    assert rows(trained(max_words=1), *tokenized("new york"))[:2][1].tolist() == [0, 0]


def test_a_text_that_utf_8_cannot_say_is_unknown(trained: Any, tokenized: Any) -> None:
    assert np.array_equal(rows(trained(), *tokenized("\ud800")), np.zeros((2, 2)))


def test_the_training_data_are_featurized(trained: Any, tokenized: Any) -> None:
    data = trained().process_training_data(TrainingData(tokenized("new", "york")))
    assert [len(message.features) for message in data.examples] == [2, 2]


def test_the_fingerprint_follows_the_bytes_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "vectors.txt"
    file.write_text("a 1", encoding="utf-8")
    config = {"file": str(file)}
    first = WordVectorsFeaturizer.fingerprint_addon(config)
    assert first is not None
    assert WordVectorsFeaturizer.fingerprint_addon(config) == first
    file.write_text("a 2", encoding="utf-8")
    assert WordVectorsFeaturizer.fingerprint_addon(config) != first
    assert WordVectorsFeaturizer.fingerprint_addon({"file": None}) is None


def test_a_file_is_needed_before_training_starts(build: Any, tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigException, match="'file' is not set; name a file"):
        build(WordVectorsFeaturizer)
    with pytest.raises(InvalidConfigException, match=r"none\.vec: cannot be read: No such file"):
        build(WordVectorsFeaturizer, file=str(tmp_path / "none.vec"))
    (tmp_path / "prose.txt").write_text("Once upon a time\n", encoding="utf-8")
    with pytest.raises(InvalidConfigException, match=r"prose\.txt:1: a value after the word"):
        build(WordVectorsFeaturizer, file=str(tmp_path / "prose.txt"))


@pytest.mark.parametrize(
    "option", [{"pooling": "sum"}, {"max_words": 0}, {"max_words": True}, {"file": 3}]
)
def test_wrong_options_are_refused(build: Any, option: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfigException, match=f"'{next(iter(option))}' must be"):
        build(WordVectorsFeaturizer, **option)


def test_an_untrained_featurizer_cannot_be_loaded(build: Any) -> None:
    with pytest.raises(ResourceNotFoundException, match="resource"):
        build(WordVectorsFeaturizer, load=True)


def test_spoilt_vectors_are_refused(trained: Any, build: Any, tmp_path: Path) -> None:
    trained()
    (tmp_path / "resource/shape.json").unlink()
    with pytest.raises(CorruptModelException, match="word vectors of component 'resource'"):
        build(WordVectorsFeaturizer, load=True)
