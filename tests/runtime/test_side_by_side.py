from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu.side_by_side import side_by_side


def reversed_texts(texts: Sequence[str]) -> list[str]:
    return [text[::-1] for text in texts]


@given(texts=st.lists(st.text(max_size=5), max_size=90), threads=st.integers(1, 4))
def test_results_come_in_the_order_of_the_texts(texts: list[str], threads: int) -> None:
    assert side_by_side(reversed_texts, texts, threads) == [text[::-1] for text in texts]


def test_two_threads_are_at_work_at_once() -> None:
    both = threading.Barrier(2, timeout=30)

    def parse(texts: Sequence[str]) -> list[str]:
        both.wait()
        return list(texts)

    assert len(side_by_side(parse, ["a"] * 32, threads=2)) == 32


def test_one_thread_and_few_texts_are_the_callers_own() -> None:
    def parse(texts: Sequence[str]) -> list[threading.Thread]:
        return [threading.current_thread()] * len(texts)

    assert set(side_by_side(parse, ["a"] * 90, threads=1)) == {threading.current_thread()}
    assert set(side_by_side(parse, ["a"] * 31, threads=2)) == {threading.current_thread()}
    assert threading.current_thread() not in side_by_side(parse, ["a"] * 32, threads=2)


def test_an_error_reaches_the_caller() -> None:
    def parse(texts: Sequence[str]) -> list[str]:
        if "bad" in texts:
            raise ValueError("the bad one")
        return list(texts)

    with pytest.raises(ValueError, match="the bad one"):
        side_by_side(parse, ["a"] * 40 + ["bad"], threads=2)
