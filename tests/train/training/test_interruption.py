"""Ctrl-C and SIGTERM: once to end cleanly, twice to end at once."""

from __future__ import annotations

import signal

import pytest

from onnlu_train.training.interruption import Interruption

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_waits_for_the_end_of_a_step(number: int):
    interruption = Interruption()
    with interruption.handled(), interruption.deferred():
        signal.raise_signal(number)
        assert interruption.requested


@pytest.mark.parametrize("number", SIGNALS)
def test_the_second_signal_ends_at_once(number: int):
    interruption = Interruption()
    with interruption.handled(), interruption.deferred():
        signal.raise_signal(number)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)


@pytest.mark.parametrize("number", SIGNALS)
def test_where_no_model_is_training_a_signal_ends_at_once(number: int):
    interruption = Interruption()
    with interruption.handled():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        with interruption.deferred():
            pass
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert not interruption.requested


def test_handlers_are_put_back():
    before = [signal.getsignal(number) for number in SIGNALS]
    with Interruption().handled():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before
