"""What of a graph runs when it is trained again, and what is restored."""

from __future__ import annotations

from typing import Any

import pytest

from onnlu_engine import GraphSchema, Resource
from onnlu_engine.logging_hook import LoggingHook
from onnlu_engine.training import Action

from .graphs import (
    ALL,
    TRAINED,
    Component,
    Reader,
    Training,
    Upper,
    Vocabulary,
    chain,
    node,
    source,
)

HANDED_ON = ["provider", "upper", "reader"]


@pytest.mark.behaviour("2.5/1")
def test_the_first_training_runs_everything(training: Training) -> None:
    outcome = training()
    assert (outcome.ran, outcome.restored, outcome.pruned) == (ALL, [], [])
    assert Component.runs == ALL
    assert training.result("train_vocabulary") == "ONE\nTWO"


@pytest.mark.behaviour("2.5/2", "2.5/3", "1.3/7", "1.3/8")
def test_where_nothing_changed_only_the_input_is_looked_at(training: Training) -> None:
    training()
    outcome = training()
    assert (outcome.ran, outcome.restored, outcome.pruned) == ([], TRAINED, HANDED_ON)
    assert Component.runs == ["provider"]
    assert training.result("train_model") == "<ONE>\n<TWO>"


@pytest.mark.behaviour("2.5/1")
def test_a_forced_training_runs_everything_and_keeps_it(training: Training) -> None:
    training()
    entries = training.cache.entries()
    outcome = training(force=True)
    assert outcome.ran == ALL
    assert sorted(Component.runs) == sorted(ALL)
    again = training.cache.entries()
    assert [entry.key for entry in again] == [entry.key for entry in entries]
    assert min(entry.last_used for entry in again) > max(entry.last_used for entry in entries)


@pytest.mark.behaviour("2.5/2")
def test_changed_data_run_what_depends_on_it(training: Training) -> None:
    training()
    assert training("one three").ran == ALL
    assert training.result("train_vocabulary") == "ONE\nTHREE"


@pytest.mark.behaviour("2.3/4", "2.5/2")
def test_a_miss_leaves_what_comes_after_it_open(training: Training) -> None:
    training()
    statuses = training.plan("one three").statuses
    assert not any(status.is_hit for status in statuses.values())
    assert [s.key.unknown for s in statuses.values()] == [
        (),
        ("words",),
        ("words", "vocabulary"),
        ("words",),
    ]


@pytest.mark.behaviour("2.3/5")
def test_a_partial_nested_override_is_found_again(training: Training) -> None:
    schema = chain()
    schema.nodes["upper"].config = {"nested": {"b": 3}}
    assert training(schema=schema).ran == ALL
    assert training(schema=schema).ran == []
    schema.nodes["upper"].config = {"nested": {"b": 3, "a": 1}, "suffix": ""}
    assert training(schema=schema).ran == []


@pytest.mark.behaviour("2.5/3")
def test_only_the_branch_that_changed_runs_in_a_diamond(training: Training) -> None:
    def diamond(left: int) -> GraphSchema:
        schema = chain()
        schema.nodes["left"] = node(Vocabulary, "train", words="upper")
        schema.nodes["left"].config = {"limit": left}
        schema.nodes["read_left"] = node(Reader, "process", words="upper", vocabulary="left")
        schema.nodes["train_both"] = node(Vocabulary, "train", words="read_left")
        return schema

    training(schema=diamond(1))
    outcome = training(schema=diamond(2))
    assert outcome.ran == ["provider", "upper", "left", "read_left"]
    # The vocabulary came out as before, and so did what reads it.
    assert outcome.restored == [*TRAINED, "train_both"]
    assert Component.runs == ["provider", "upper", "left", "read_left"]


def test_a_node_is_restored_where_its_input_comes_out_as_before(training: Training) -> None:
    training()
    schema = chain()
    schema.nodes["train_words"] = node(Vocabulary, "train", words="upper")
    schema.nodes["train_words"].config = {"reads": ["words"]}
    training(schema=schema)
    plan = training.plan("one two", "hello", schema)
    assert plan.nodes["train_words"].action is Action.RUNS
    assert not plan.nodes["train_words"].is_certain
    outcome = training("one two", "hello", schema)
    assert outcome.restored == ["train_words"]
    assert "train_words" not in Component.runs
    assert training.result("train_words") == "ONE\nTWO"


@pytest.mark.behaviour("2.5/6")
def test_finetuning_never_takes_what_a_training_from_the_beginning_left(
    training: Training,
) -> None:
    training()
    trainer, storage, context = training.prepared(chain(), {}, facts={"base": "1"})
    context.is_finetuning = True
    given = source("one two")
    assert trainer.train(given, storage, context).ran == ALL
    other, storage, _ = training.prepared(chain(), {}, facts={"base": "2"})
    assert other.train(given, storage, context).ran == ALL
    same, storage, _ = training.prepared(chain(), {}, facts={"base": "1"})
    assert same.train(given, storage, context).ran == []


class Restless(Upper):
    """Hands on what says nothing of its content."""

    def process(self, words: Any) -> Any:
        super().process(words)
        return _Opaque(words.words)


class _Opaque:
    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words
        self.responses = ()


def test_what_depends_on_an_output_without_fingerprint_runs_each_time(training: Training) -> None:
    schema = chain()
    schema.nodes["upper"].uses = Restless
    assert training(schema=schema).ran == ALL
    assert [entry.node for entry in training.cache.entries()] == ["train_model"]
    assert training(schema=schema).ran == ["provider", "upper", "train_vocabulary", "reader"]


def test_without_a_cache_everything_runs(training: Training) -> None:
    for _ in range(2):
        trainer, storage, context = training.prepared(chain(), {})
        trainer._cache = None
        outcome = trainer.train(source("one"), storage, context)
        assert outcome.ran == ALL
    assert not (training.folder / "cache").exists()


def test_outputs_that_are_known_are_not_made_again(training: Training) -> None:
    trainer, storage, context = training.prepared(chain(), {})
    with storage.write_to(Resource("train_vocabulary")) as folder:
        (folder / "words.txt").write_text("TWO")
    known = {"train_vocabulary": Resource("train_vocabulary")}
    outcome = trainer.train(source("one two"), storage, context, (), known)
    assert outcome.restored == ["train_vocabulary"]
    assert "train_vocabulary" not in Component.runs
    assert training.result("train_model") == "<TWO>\nONE"


def test_the_log_tells_what_a_training_restores(
    training: Training, caplog: pytest.LogCaptureFixture
) -> None:
    training()
    given = source("one two")
    trainer, storage, context = training.prepared(chain(), {})
    plan = trainer.restore(trainer.plan(given, storage, context), storage)
    caplog.set_level("INFO", "onnlu_engine.logging_hook")
    trainer.run(plan, given, storage, context, [LoggingHook(plan.schema_to_run())])
    assert caplog.messages == [f"Node '{name}' restored." for name in TRAINED]
