"""What a training is going to do with each node, and why."""

from __future__ import annotations

from onnlu_engine.training import Action

from .graphs import ALL, TRAINED, Training, chain


def test_a_plan_writes_nothing(training: Training) -> None:
    plan = training.plan()
    assert plan.having(Action.RUNS) == ALL
    assert not (training.folder / "cache").exists()
    training()
    before = (training.folder / "cache" / "index.db").read_bytes()
    assert training.plan().having(Action.RESTORED) == TRAINED
    assert training.plan("changed").having(Action.RUNS) == ALL
    assert (training.folder / "cache" / "index.db").read_bytes() == before
    assert list(training.storage.iterdir()) == []


def test_a_plan_says_why_nodes_run(training: Training) -> None:
    first = training.plan().nodes
    assert first["provider"].why == ("reads what is given to the graph",)
    assert first["upper"].why == ("first run",)
    training()
    changed = training.plan("one three").nodes
    assert changed["upper"].why == ("input changed: words, words",)
    assert changed["upper"].is_certain
    assert changed["reader"].why == (
        "words comes from upper",
        "vocabulary comes from train_vocabulary",
    )
    assert not changed["reader"].is_certain


def test_a_plan_says_which_option_changed_against_the_most_similar_run(
    training: Training,
) -> None:
    schema = chain()
    training(schema=schema)
    schema.nodes["upper"].config = {"suffix": "!", "nested": {"a": 2}}
    training(schema=schema)
    schema.nodes["upper"].config = {"suffix": "?", "nested": {"a": 2}}
    found = training.plan(schema=schema).nodes["upper"]
    assert found.why == ('suffix: "!" -> "?"',)
    schema.nodes["upper"].config = {"suffix": "?", "nested": {"a": 2}, "new": None}
    assert '"!"' not in training.plan(schema=schema).nodes["reader"].why
    assert training.plan(schema=schema).nodes["upper"].why[-1] == "new: not there -> null"


def test_a_plan_says_what_of_the_run_changed(training: Training) -> None:
    training(settings={"shape": 1}, facts={"numpy": "1.0"})
    plan = training.plan(settings={"shape": 2}, facts={"numpy": "1.0"}).nodes
    assert plan["train_vocabulary"].why == ("shape: 1 -> 2",)
    assert plan["upper"].why == ("train_vocabulary needs it", "reader needs it")
    plan = training.plan(settings={"shape": 1}, facts={"numpy": "2.0"}).nodes
    assert plan["upper"].why == ('numpy: "1.0" -> "2.0"',)


def test_a_plan_says_what_need_not_run(training: Training) -> None:
    training()
    plan = training.plan().nodes
    assert plan["train_model"].why == ("nothing has changed",)
    assert plan["upper"].why == ("nothing that runs needs it",)
    assert training.plan(force=True).nodes["upper"].why == ("everything is to run",)
