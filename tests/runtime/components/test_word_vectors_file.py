from __future__ import annotations

import gzip
import struct
from pathlib import Path

import pytest

from onnlu.components.word_vectors_file import read_word_vectors
from onnlu_engine.errors import InvalidConfigException


def read(path: Path, max_words: int | None = None) -> list[tuple[str, list[float]]]:
    return [(w.decode("utf-8"), v.tolist()) for w, v in read_word_vectors(path, max_words)]


def text_file(folder: Path, text: str | bytes, name: str = "vectors.vec") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def binary_file(folder: Path, *, header: bytes, line_ends: bool = False) -> Path:
    words = [(b"the", (1.0, 0.5)), ("née".encode(), (-2.0, 0.0))]
    end = b"\n" if line_ends else b""
    content = b"".join(word + b" " + struct.pack("<2f", *v) + end for word, v in words)
    return text_file(folder, header + content, "vectors.bin")


WORDS = [("the", [1.0, 0.5]), ("née", [-2.0, 0.0])]


@pytest.mark.parametrize("text", ["the 1 0.5\nnée -2e0 0\n", "2 2\nthe 1 0.5 \nnée -2 0 \n"])
def test_a_text_file_may_have_a_header(tmp_path: Path, text: str) -> None:
    assert read(text_file(tmp_path, text)) == WORDS


def test_a_text_file_may_have_windows_line_ends_tabs_and_empty_lines(tmp_path: Path) -> None:
    assert read(text_file(tmp_path, "the\t1\t0.5\r\n\r\nnée -2 0")) == WORDS


def test_a_word_of_a_text_file_may_hold_blanks_and_look_like_a_number(tmp_path: Path) -> None:
    text = "1 1 2\n. . . 3 4\na@b.c d 5 6\na\u00a0b 7 8\n"
    words = ["1", ". . .", "a@b.c d", "a\u00a0b"]
    assert [word for word, _ in read(text_file(tmp_path, text))] == words


@pytest.mark.parametrize("line_ends", [True, False])
def test_a_binary_file_may_have_line_ends(tmp_path: Path, line_ends: bool) -> None:
    assert read(binary_file(tmp_path, header=b"2 2\n", line_ends=line_ends)) == WORDS


def test_only_so_many_words_are_read_as_are_asked_for(tmp_path: Path) -> None:
    assert read(text_file(tmp_path, "9 2\nthe 1 0.5\nnot read"), max_words=1) == WORDS[:1]
    assert read(binary_file(tmp_path, header=b"9 2\n"), max_words=2) == WORDS


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a 1 2\nb 1\n", ":2: is no word with 2 values after it"),
        ("a 1 2\nb\n", ":2: is no word with 2 values after it"),
        ("a\n", ":1: is no word with values after it"),
        ("1 2\na 1 2 3\nb 1\n", ":3: is no word with 2 values"),
        ("a 1 2\nb 1 x\n", ":2: a value after the word is no finite number"),
        ("a 1 2\nb c 1 2 x\n", ":2: a value after the word is no finite number"),
        ("a 1 nan\n", ":1: a value after the word is no finite number"),
        ("a 1 1e99\n", ":1: a value after the word is no finite number"),
        ("a b 2\n", ":1: a value after the word is no finite number"),
        ("3 2\na 1 2\nb 1 2\n", ":1: announces 3 words, and has 2"),
        ("1 2\na 1 2\nb 1 2\n", ":1: announces 1 words, and has 2"),
        ("1 0\na 1 2\n", ":2: is no word with 0 values"),
        ("", ": holds no word vectors"),
        ("0 5\n", ": holds no word vectors"),
        (gzip.compress(b"a 1", mtime=0), ": is compressed; unpack it with gunzip"),
        (b"\x80\x04\x95pickle", ": is a pickle, which is not read"),
        (b"\xba\x16\x4f\x2f\x0c", ": is a fastText model; take its .vec file"),
    ],
)
def test_the_first_problem_of_a_text_file_is_told_with_its_line(
    tmp_path: Path, text: str | bytes, problem: str
) -> None:
    path = text_file(tmp_path, text)
    with pytest.raises(InvalidConfigException) as error:
        read(path)
    assert str(error.value).startswith(f"{path}{problem}")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"2 2\na " + struct.pack("<2f", 1, 2), ": ends in word 2 of 2"),
        (b"2 2\na " + struct.pack("<2f", 1, 2) + b"b 123", ": ends in word 2 of 2"),
        (b"1 1\na " + struct.pack("<f", float("inf")), ": has a value of word 1 that is not"),
        (b"a 1 2\n", ":1: does not begin with the numbers of words and units"),
        (b"1 0\na 1\n", ":1: does not begin with the numbers of words and units"),
        (b"0 3\n", ": holds no word vectors"),
        (b"", ":1: does not begin with"),
    ],
)
def test_the_first_problem_of_a_binary_file_is_told(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    path = text_file(tmp_path, content, "vectors.bin")
    with pytest.raises(InvalidConfigException) as error:
        read(path)
    assert str(error.value).startswith(f"{path}{problem}")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigException, match="cannot be read: No such file"):
        read(tmp_path / "none.vec")
    with pytest.raises(InvalidConfigException, match="cannot be read: Is a directory"):
        read(tmp_path)
