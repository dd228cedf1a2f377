import json
import os
import threading
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu.cli.texts import BATCH, PlacedText, given_texts, read_texts
from onnlu_engine.errors import InvalidDataException


def texts_of(content: bytes, name: str = "t.txt") -> list[str]:
    return [text for batch in read_texts(BytesIO(content), name) for _, text in batch]


def test_each_line_is_a_text_with_its_place() -> None:
    (batch,) = read_texts(BytesIO(b"one\ntwo\n"), "t.txt")

    assert batch == [PlacedText("t.txt:1", "one"), PlacedText("t.txt:2", "two")]


def test_an_empty_line_is_an_empty_text() -> None:
    assert texts_of(b"one\n\ntwo") == ["one", "", "two"]


def test_no_content_is_no_text() -> None:
    assert texts_of(b"") == []


def test_windows_line_ends_and_a_byte_order_mark_are_no_part_of_a_text() -> None:
    assert texts_of(b"\xef\xbb\xbfone\r\ntwo\r\n") == ["one", "two"]


@given(st.lists(st.text(st.characters(exclude_characters="\n\r\ufeff", codec="utf-8"))))
def test_whatever_has_no_line_end_comes_back(texts: list[str]) -> None:
    assert texts_of("".join(f"{text}\n" for text in texts).encode()) == texts


@given(st.lists(st.text()))
def test_json_lines_carry_any_text(texts: list[str]) -> None:
    content = "".join(json.dumps({"text": text, "id": 1}) + "\n" for text in texts)

    assert texts_of(content.encode(), "t.jsonl") == texts


def test_json_lines_carry_lone_surrogates() -> None:
    assert texts_of(rb'{"text": "\ud800"}', "t.jsonl") == ["\ud800"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"{", "is no JSON"),
        (b"", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b'"hello"', "has no text"),
        (b'{"texts": "hello"}', "has no text"),
        (b'{"text": 1}', "has no text"),
        (b'{"text": null}', "has no text"),
        (b'{"text": "\xff"}', "byte 11 of the line is no UTF-8"),
    ],
)
def test_a_bad_json_line_is_named(line: bytes, problem: str) -> None:
    with pytest.raises(InvalidDataException, match=rf"^f\.jsonl:2: {problem}"):
        texts_of(b'{"text": "a"}\n' + line + b"\n", "f.jsonl")


def test_a_line_that_is_no_utf8_is_named() -> None:
    with pytest.raises(InvalidDataException, match=r"^t\.txt:2: byte 3 of the line is no UTF-8"):
        texts_of("gut\ngrün\n".encode("latin-1"))


def test_texts_before_a_bad_line_are_yielded_first() -> None:
    batches = read_texts(BytesIO(b"one\ntwo\n\xff\nfour\n"), "t.txt")

    assert [text for _, text in next(batches)] == ["one", "two"]
    with pytest.raises(InvalidDataException, match=r"t\.txt:3"):
        next(batches)


def test_a_batch_is_bounded_and_places_go_on() -> None:
    batches = list(read_texts(BytesIO(b"x\n" * (BATCH + 1)), "t.txt"))

    assert [len(batch) for batch in batches] == [BATCH, 1]
    assert batches[1][0].place == f"t.txt:{BATCH + 1}"


def test_a_line_is_yielded_before_the_next_one_arrives() -> None:
    reading, writing = os.pipe()
    answered = threading.Event()

    def write() -> None:
        os.write(writing, b"one\n")
        answered.wait()
        os.write(writing, b"two\n")
        os.close(writing)

    thread = threading.Thread(target=write)
    thread.start()
    with os.fdopen(reading, "rb") as stream:
        batches = read_texts(stream, "stdin")
        first = next(batches)
        answered.set()
        rest = list(batches)
    thread.join()

    assert [first, *rest] == [
        [PlacedText("stdin:1", "one")],
        [PlacedText("stdin:2", "two")],
    ]


def test_a_text_longer_than_what_is_read_at_once_is_whole() -> None:
    long = "a" * (3 * 1024 * 1024)

    assert texts_of(f"{long}\nb".encode()) == [long, "b"]


def test_arguments_are_texts_as_they_are() -> None:
    (batch,) = given_texts(["a\nb", ""], None)

    assert batch == [PlacedText("text 1", "a\nb"), PlacedText("text 2", "")]


def test_many_arguments_come_in_bounded_batches() -> None:
    assert [len(b) for b in given_texts(["x"] * (BATCH + 2), None)] == [BATCH, 2]


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "in.txt"
    file.write_text("grün\n", encoding="utf-8")

    assert list(given_texts((), str(file))) == [[PlacedText(f"{file}:1", "grün")]]
