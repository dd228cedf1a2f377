from __future__ import annotations

import threading

import pytest

from onnlu.overlap import overlapped


def test_batches_come_in_order_with_their_own_outputs() -> None:
    found = overlapped(range(5), lambda batch: batch * 10, lambda inputs: inputs + 1)
    assert list(found) == [(0, 1), (1, 11), (2, 21), (3, 31), (4, 41)]
    assert list(overlapped([], str, str)) == []


def test_the_next_batch_is_prepared_while_one_runs() -> None:
    is_prepared = [threading.Event(), threading.Event()]

    def prepare(batch: int) -> int:
        is_prepared[batch].set()
        return batch

    def run(batch: int) -> bool:
        return is_prepared[min(batch + 1, 1)].wait(30)

    assert list(overlapped(range(2), prepare, run)) == [(0, True), (1, True)]


def test_an_error_of_a_run_reaches_the_caller_after_what_was_done() -> None:
    def run(batch: int) -> int:
        if batch == 2:
            raise ValueError("the third")
        return batch

    done = []
    with pytest.raises(ValueError, match="the third"):
        for batch, _ in overlapped(range(4), int, run):
            done.append(batch)
    assert done == [0, 1]
