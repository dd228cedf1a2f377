from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu.parts import MOST_CHARACTERS, parse_in_parts


def reversed_texts(texts: Sequence[str]) -> list[str]:
    return [text[::-1] for text in texts]


@given(texts=st.lists(st.text(max_size=5), max_size=90), threads=st.integers(1, 4))
def test_results_come_in_the_order_of_the_texts(texts: list[str], threads: int) -> None:
    assert parse_in_parts(reversed_texts, texts, threads) == [text[::-1] for text in texts]


def test_two_threads_are_at_work_at_once() -> None:
    both = threading.Barrier(2, timeout=30)

    def parse(texts: Sequence[str]) -> list[str]:
        both.wait()
        return list(texts)

    assert len(parse_in_parts(parse, ["a"] * 32, threads=2)) == 32


def test_one_thread_and_few_texts_are_the_callers_own() -> None:
    def parse(texts: Sequence[str]) -> list[threading.Thread]:
        return [threading.current_thread()] * len(texts)

    assert set(parse_in_parts(parse, ["a"] * 90, threads=1)) == {threading.current_thread()}
    assert set(parse_in_parts(parse, ["a"] * 31, threads=2)) == {threading.current_thread()}
    assert threading.current_thread() not in parse_in_parts(parse, ["a"] * 32, threads=2)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_part_has_so_many_characters_at_most_or_one_text(threads: int) -> None:
    seen: list[Sequence[str]] = []

    def parse(texts: Sequence[str]) -> list[str]:
        seen.append(texts)
        return [text[:1] for text in texts]

    texts = ["a" * 3_000, "b" * 3_000, "c" * 3_000, "d" * (MOST_CHARACTERS + 1), "e", "f"]
    assert parse_in_parts(parse, texts, threads) == list("abcdef")
    sizes = sorted((sum(map(len, part)), len(part)) for part in seen)
    assert sizes == [(3_002, 3), (6_000, 2), (MOST_CHARACTERS + 1, 1)]


def test_no_texts_have_no_results() -> None:
    assert parse_in_parts(reversed_texts, [], threads=2) == []


def test_an_error_reaches_the_caller() -> None:
    def parse(texts: Sequence[str]) -> list[str]:
        if "bad" in texts:
            raise ValueError("the bad one")
        return list(texts)

    with pytest.raises(ValueError, match="the bad one"):
        parse_in_parts(parse, ["a"] * 40 + ["bad"], threads=2)
