from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu.components.word_vectors import WordVectors, write_word_vectors
from onnlu.components.word_vectors_file import WordVector
from onnlu_engine.errors import CorruptModelException, InvalidConfigException


def table(folder: Path, *words: str | bytes) -> WordVectors:
    """Write a table in which the n-th word, from 0, has the vector [n, -n]; open it."""
    write_word_vectors(
        folder,
        (
            WordVector(
                word if isinstance(word, bytes) else word.encode("utf-8"),
                np.array([number, -number], dtype=np.float32),
            )
            for number, word in enumerate(words)
        ),
    )
    return WordVectors.open(folder)


def number(vectors: WordVectors, word: str) -> int | None:
    found = vectors.find(word)
    return None if found is None else int(found[0])


@given(
    words=st.lists(st.text("ab\u00e9\U0001f600 ", min_size=1, max_size=3), min_size=1, max_size=9)
)
def test_words_are_found_as_in_a_dict_of_first_occurrences(
    tmp_path_factory: pytest.TempPathFactory, words: list[str]
) -> None:
    vectors = table(tmp_path_factory.mktemp("table"), *words)
    expected = {word: words.index(word) for word in words}
    asked = [*words, "", "a", "b", "é", "ab", "zz", "\ud800"]
    assert [number(vectors, word) for word in asked] == [expected.get(word) for word in asked]


def test_a_table_knows_its_size(tmp_path: Path) -> None:
    vectors = table(tmp_path, "a", "b", "c")
    assert (len(vectors), vectors.units) == (3, 2)


def test_vectors_are_mapped_into_memory_and_not_read(tmp_path: Path) -> None:
    row = table(tmp_path, "a", "b").find("b")
    assert row is not None
    base = row.base
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(base, mmap.mmap)
    assert not row.flags.writeable


def test_words_that_are_no_utf_8_are_passed_over_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    vectors = table(tmp_path, "a", b"caf\xe9", "b")
    assert (len(vectors), number(vectors, "b")) == (2, 2)
    assert "1 words of the word vectors are no UTF-8" in caplog.text


def test_a_table_needs_a_word(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigException, match="save the file as UTF-8"):
        table(tmp_path, b"\xe9")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("shape.json", b"{}"),
        ("shape.json", b"["),
        ("shape.json", b'{"units": 2, "words": 3}'),
        ("shape.json", b'{"units": 2, "words": 1}'),
        ("shape.json", b'{"units": 1, "words": 2}'),
        ("vectors.float32", b"1234"),
        ("words.txt", b"a\n"),
        ("starts.npy", b"no array"),
        ("order.npy", b""),
    ],
)
def test_a_spoilt_table_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    table(tmp_path, "a", "b")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorruptModelException, match="word vectors of component"):
        WordVectors.open(tmp_path)


@pytest.mark.parametrize("array", [np.zeros(2), np.zeros((2, 1), np.int64), np.array(0)])
def test_an_array_of_another_kind_is_refused(tmp_path: Path, array: np.ndarray) -> None:
    table(tmp_path, "a", "b")
    np.save(tmp_path / "order.npy", array)
    with pytest.raises(CorruptModelException, match="have other lengths"):
        WordVectors.open(tmp_path)
