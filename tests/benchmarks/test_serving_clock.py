"""The clocks of the benchmark of serving, and where they stop; no times."""

from __future__ import annotations

from pathlib import Path

import pytest

import onnlu
from onnlu.session import OnnxSession

from .scripts import module

clock = module("serving_clock")


def test_the_graph_is_a_part_of_a_parse(exported_model: Path) -> None:
    nlu, graph = onnlu.load(exported_model), clock.GraphClock()
    with graph.running():
        times = [clock.timed_parse(nlu, "fly to Paris", graph) for _ in range(3)]
    assert all(0 < time.graph < time.whole for time in times)
    assert all(time.around == time.whole - time.graph for time in times)
    assert graph.seconds == pytest.approx(sum(time.graph for time in times))


def test_the_clock_is_gone_when_it_is_stopped(exported_model: Path) -> None:
    before, graph = OnnxSession.run, clock.GraphClock()
    with pytest.raises(ZeroDivisionError), graph.running():
        _ = 1 / 0
    assert OnnxSession.run is before
    onnlu.load(exported_model).parse("fly to Paris")
    assert graph.seconds == 0


def test_functions_are_called_in_turns_and_the_first_call_of_a_turn_does_not_count() -> None:
    called: list[str] = []
    runs = {name: lambda name=name: called.append(name) for name in "ab"}
    seconds = clock.in_turns(runs, 2, 3)
    assert called == [*"aaaabbbb", *"aaaabbbb"]
    assert {name: len(values) for name, values in seconds.items()} == {"a": 6, "b": 6}
