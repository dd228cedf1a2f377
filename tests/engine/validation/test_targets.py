"""Rule 13: the predict graph ends in what the caller wants."""

from __future__ import annotations

from typing import Any

import pytest

from onnlu_engine.validation import GraphInterface

from .toys import (
    INTERFACE,
    Parser,
    Text,
    Toy,
    Words,
    node,
    predict_graph,
    problem,
    problems,
)

WITH_CORE = GraphInterface(
    INTERFACE.train_inputs, INTERFACE.predict_inputs, INTERFACE.nlu_output, core_output=Text
)


class Policy(Toy):
    def predict(self, messages: list[Words]) -> Words:
        return messages[0]

    def predict_many(self, messages: list[Words]) -> list[Words]:
        return messages


def with_policy(fn: str) -> dict[str, Any]:
    return {**predict_graph(), "act": node(Policy, fn, needs={"messages": "convert"}, eager=True)}


@pytest.mark.behaviour("2.6/13")
def test_a_target_that_parses_is_named() -> None:
    assert problem(nlu_target=None) == (
        "predict graph: no `nlu_target` is named. Name the node that parses messages."
    )


@pytest.mark.behaviour("2.6/13")
def test_a_target_exists() -> None:
    assert problem(nlu_target="prase") == (
        "predict graph: `nlu_target` is 'prase', and there is no such node. Did you mean 'parse'?"
    )
    assert problem(core_target="act", interface=WITH_CORE).startswith(
        "predict graph: `core_target` is 'act', and there is no such node."
    )


@pytest.mark.behaviour("2.6/13")
def test_a_target_feeds_no_other_node() -> None:
    assert problem(nlu_target="convert") == (
        "predict graph, node 'convert': it is the `nlu_target`, and other nodes need it: parse. "
        "Name the last node, or remove the needs."
    )


@pytest.mark.behaviour("2.6/13")
def test_a_target_returns_what_the_caller_wants() -> None:
    assert problem(predict=with_policy("predict"), nlu_target="act") == (
        "predict graph, node 'act': it is the `nlu_target`, and Policy.predict returns Words, not "
        "list[Text]. Name another node."
    )
    assert problem(predict=with_policy("predict_many"), core_target="act", interface=WITH_CORE) == (
        "predict graph, node 'act': it is the `core_target`, and Policy.predict_many returns "
        "list[Words], not Text. Name another node."
    )


@pytest.mark.behaviour("2.6/13")
def test_the_right_targets_pass() -> None:
    assert problems(predict=with_policy("predict"), core_target="act", interface=WITH_CORE) == []
    alone = {"parse": node(Parser, "parse", needs={"messages": "__message__"})}
    assert problems(predict=alone) == []
