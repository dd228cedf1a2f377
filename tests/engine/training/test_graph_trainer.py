"""What of a graph runs when it is trained again, and what is said of it before."""

from __future__ import annotations

import hashlib
import importlib
import os
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest

from onnlu_engine import GraphNodeHook, GraphSchema, LocalModelStorage, Resource, SchemaNode
from onnlu_engine.dask_cluster import Cluster
from onnlu_engine.dask_runner import DaskGraphRunner
from onnlu_engine.errors import GraphComponentException
from onnlu_engine.logging_hook import LoggingHook
from onnlu_engine.precomputed import PrecomputedValueProvider, standing_in
from onnlu_engine.training import Action, LocalTrainingCache, TrainingOutcome
from onnlu_engine.training.pruning import actions

from .graphs import (
    ALL,
    Component,
    Provider,
    Reader,
    Training,
    Upper,
    Vocabulary,
    Words,
    chain,
    node,
    started,
)

TRAINED = ["train_vocabulary", "train_model"]
HANDED_ON = ["provider", "upper", "reader"]


@pytest.fixture
def training(tmp_path: Path) -> Training:
    return Training(tmp_path)


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


@pytest.mark.behaviour("2.5/3")
def test_a_result_that_cannot_be_restored_is_made_again(training: Training) -> None:
    training()
    for folder in (training.folder / "cache" / "results").iterdir():
        if "<ONE>" in (folder / "words.txt").read_text():
            (folder / "words.txt").write_text("corrupt")
    outcome = training()
    assert outcome.ran == ["provider", "upper", "reader", "train_model"]
    assert outcome.restored == ["train_vocabulary"]
    assert training.result("train_model") == "<ONE>\n<TWO>"
    assert training().ran == []


class Random(Vocabulary):
    """Learns something else each time, and remembers what."""

    learnt: ClassVar[list[str]] = []

    def train(self, words: Words) -> Resource:
        self.learnt.append(os.urandom(4).hex())
        return super().train(Words((*words.words, self.learnt[-1])))


def lose(training: Training, *names: str) -> None:
    """Have the results of nodes be corrupt."""
    for entry in training.cache.entries():
        if entry.node in names:
            folder = training.folder / "cache" / "results" / str(entry.result)
            (folder / "words.txt").write_text("corrupt")


def random_chain() -> GraphSchema:
    """Return a chain in which the second model has learnt what is random of the first."""
    schema = chain()
    schema.nodes["train_vocabulary"].uses = Random
    schema.nodes["reader"].uses = Lister
    return schema


class Lister(Component):
    """Hands on all that a vocabulary has."""

    def process(self, words: Words, vocabulary: Resource) -> Words:
        self.runs.append(self.node)
        with self.storage.read_from(vocabulary) as folder:
            return Words(("read", *(folder / "words.txt").read_text().split("\n")))


def test_what_depends_on_a_result_that_is_lost_is_made_of_the_new_one(
    training: Training,
) -> None:
    training(schema=random_chain())
    lose(training, "train_vocabulary")
    outcome = training(schema=random_chain())
    assert outcome.ran == ALL
    assert Random.learnt[-1] in training.result("train_vocabulary")
    assert Random.learnt[-1] in training.result("train_model")


def test_what_depends_on_a_result_that_is_too_large_is_made_of_the_new_one(
    tmp_path: Path,
) -> None:
    # The first model is larger than the cache, the second is not.
    training = Training(tmp_path, LocalTrainingCache(tmp_path / "cache", 0.019))
    schema = random_chain()
    schema.nodes["train_vocabulary"].uses = Large
    training(schema=schema)
    plan = training.plan(schema=schema)
    assert plan.nodes["train_vocabulary"].why == ("its result is not kept",)
    assert plan.nodes["train_model"].action is Action.RUNS
    assert not plan.nodes["train_model"].is_certain
    assert training(schema=schema).ran == ALL
    assert Random.learnt[-1] in training.result("train_vocabulary")
    assert Random.learnt[-1] in training.result("train_model")


class Large(Random):
    """Learns much."""

    def train(self, words: Words) -> Resource:
        with self.storage.write_to(self.resource) as folder:
            (folder / "weights").write_bytes(bytes(20_000))
        return super().train(words)


class Short(Vocabulary):
    """Learns one digest of all words."""

    def train(self, words: Words) -> Resource:
        return super().train(Words((shortened("\n".join(words.words)),)))


def shortened(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_where_a_lost_result_comes_out_as_before_what_depends_on_it_is_restored(
    training: Training,
) -> None:
    training()
    lose(training, "train_vocabulary")
    outcome = training()
    assert outcome.ran == ["provider", "upper", "train_vocabulary", "reader"]
    assert outcome.restored == ["train_model"]
    assert training.result("train_model") == "<ONE>\n<TWO>"


def test_what_was_restored_of_a_result_that_is_to_be_made_again_is_removed(
    training: Training,
) -> None:
    # Two models read one that is no target; it is wanted when the second cannot be restored.
    schema = random_chain()
    schema.nodes["train_vocabulary"].is_target = False
    schema.nodes["train_other"] = node(Vocabulary, "train", words="reader")
    schema.nodes["train_other"].config = {"limit": 1}
    schema.nodes["train_other"].uses = Short
    training(schema=schema)
    lose(training, "train_vocabulary", "train_other")
    outcome = training(schema=schema)
    assert outcome.ran == [*ALL, "train_other"]
    assert Random.learnt[-1] in training.result("train_model")
    seen = sorted(["ONE", "TWO", Random.learnt[-1]])
    assert training.result("train_other") == shortened("\n".join(["read", *seen]))


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


@pytest.mark.behaviour("2.5/4")
def test_the_graph_that_runs_holds_what_is_needed(training: Training) -> None:
    training()
    schema = chain()
    schema.nodes["train_model"].config = {"limit": 1}
    plan = training.plan(schema=schema)
    assert plan.having(Action.RESTORED) == ["train_vocabulary"]
    trainer, storage, _ = training.prepared(schema, {})
    plan = trainer.restore(plan, storage)
    graph = plan.schema_to_run()
    assert list(graph.nodes) == ALL
    assert graph.target_names == TRAINED
    assert graph.nodes["train_model"] is schema.nodes["train_model"]
    for name in ("provider", "train_vocabulary"):
        assert graph.nodes[name].uses is PrecomputedValueProvider
        assert graph.nodes[name].needs == {}
        assert graph.nodes[name].is_input is schema.nodes[name].is_input


@pytest.mark.behaviour("2.5/5")
def test_a_stand_in_hands_on_the_very_output() -> None:
    output = object()
    stand_in = standing_in(SchemaNode({}, Provider, "create", "provide", {}), output)
    component = PrecomputedValueProvider.create(stand_in.config, None, None, None)  # type: ignore[arg-type]
    assert component.get_value() is output


@pytest.mark.behaviour("2.5/6")
def test_finetuning_never_takes_what_a_training_from_the_beginning_left(
    training: Training,
) -> None:
    training()
    trainer, storage, context = training.prepared(chain(), {}, facts={"base": "1"})
    context.is_finetuning = True
    source = {"__source__": (("one", "two"), ())}
    assert trainer.train(source, storage, context).ran == ALL
    other, storage, _ = training.prepared(chain(), {}, facts={"base": "2"})
    assert other.train(source, storage, context).ran == ALL
    same, storage, _ = training.prepared(chain(), {}, facts={"base": "1"})
    assert same.train(source, storage, context).ran == []


@pytest.mark.behaviour("2.5/8")
def test_what_ran_is_kept_with_its_key(training: Training) -> None:
    training()
    kept = {entry.node: entry for entry in training.cache.entries()}
    assert set(kept) == {*ALL} - {"provider"}
    assert [name for name, entry in kept.items() if entry.result] == TRAINED[::-1]
    assert kept["upper"].parts["config"] == {"suffix": "", "nested": {"a": 1, "b": 2}}
    assert kept["upper"].parts["node"]["component"].endswith(":Upper")
    training()
    assert len(training.cache.entries()) == len(kept)


class Failing(Vocabulary):
    """Persists something, and fails."""

    def train(self, words: Any) -> Resource:
        super().train(words)
        raise self.config["reads"][0]


@pytest.mark.behaviour("2.5/8")
@pytest.mark.parametrize("error", [ValueError("theirs"), KeyboardInterrupt()])
def test_what_failed_or_was_interrupted_is_not_kept(
    training: Training, error: BaseException
) -> None:
    schema = chain()
    schema.nodes["train_model"].uses = Failing
    schema.nodes["train_model"].config = {"limit": None}
    schema.nodes["train_model"].config["reads"] = [error]
    with pytest.raises((GraphComponentException, KeyboardInterrupt)):
        training(schema=schema)
    assert "train_model" not in {entry.node for entry in training.cache.entries()}
    assert "train_vocabulary" in {entry.node for entry in training.cache.entries()}


def test_what_runs_on_machines_of_others_is_not_kept_and_what_is_kept_is_restored(
    training: Training,
) -> None:
    given = {"__source__": (("one", "two"), ())}
    for _ in range(2):
        trainer, storage, context = training.prepared(chain(), {})
        plan = trainer.restore(trainer.plan(given, storage, context), storage)
        assert trainer.run(plan, given, storage, context, keeps=False).ran == ALL
        assert training.cache.entries() == []
    training()
    trainer, storage, context = training.prepared(chain(), {})
    plan = trainer.restore(trainer.plan(given, storage, context), storage)
    assert trainer.run(plan, given, storage, context, keeps=False).restored == TRAINED


EDITED = """\
from {graphs} import Vocabulary
class Edited(Vocabulary):
    def train(self, words):
        {edit}
        return super().train(words)
"""


@pytest.mark.parametrize("what", ["source", "file"])
def test_what_was_edited_while_a_training_ran_is_not_kept(
    training: Training,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    what: str,
) -> None:
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("before")
    schema = chain()
    component: type[Vocabulary] = Editing
    if what == "source":
        monkeypatch.syspath_prepend(tmp_path)
        place = tmp_path / "edited_while_running.py"
        place.write_text(
            EDITED.format(
                graphs=Vocabulary.__module__, edit="import pathlib; pathlib.Path(__file__).touch()"
            )
        )
        os.utime(place, (0, 0))
        component = importlib.import_module("edited_while_running").Edited
    else:
        schema.nodes["train_model"].config = {"vectors": str(vectors)}
    schema.nodes["train_model"].uses = component
    training(schema=schema)
    assert "What 'train_model' gave is not kept in the cache" in caplog.text
    assert {entry.node for entry in training.cache.entries()} == {*ALL} - {
        "provider",
        "train_model",
    }


class Editing(Vocabulary):
    """Its file is edited while it trains."""

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        return Path(config["vectors"]).read_text()

    def train(self, words: Any) -> Resource:
        Path(self.config["vectors"]).write_text("after")
        return super().train(words)


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
        outcome = trainer.train({"__source__": (("one",), ())}, storage, context)
        assert outcome.ran == ALL
    assert not (training.folder / "cache").exists()


def test_outputs_that_are_known_are_not_made_again(training: Training) -> None:
    trainer, storage, context = training.prepared(chain(), {})
    with storage.write_to(Resource("train_vocabulary")) as folder:
        (folder / "words.txt").write_text("TWO")
    known = {"train_vocabulary": Resource("train_vocabulary")}
    outcome = trainer.train({"__source__": (("one", "two"), ())}, storage, context, (), known)
    assert outcome.restored == ["train_vocabulary"]
    assert "train_vocabulary" not in Component.runs
    assert training.result("train_model") == "<TWO>\nONE"


class Witness(GraphNodeHook):
    """Notes which nodes it is told of, and their components in the whole graph."""

    def __init__(self) -> None:
        self.seen: dict[str, type] = {}

    def on_before_node(self, node_name: str, execution_context: Any, *_: Any) -> dict[str, Any]:
        self.seen[node_name] = execution_context.graph_schema.nodes[node_name].uses
        return {}

    def on_after_node(self, *_: Any) -> None:
        pass


@pytest.mark.behaviour("1.7/1")
def test_hooks_see_the_component_behind_a_stand_in(training: Training) -> None:
    training()
    trainer, storage, context = training.prepared(chain(), {})
    witness = Witness()
    trainer.train({"__source__": (("one", "two"), ())}, storage, context, [witness])
    assert witness.seen == dict.fromkeys(TRAINED, Vocabulary)


def test_the_log_tells_what_a_training_restores(
    training: Training, caplog: pytest.LogCaptureFixture
) -> None:
    training()
    source = {"__source__": (("one", "two"), ())}
    trainer, storage, context = training.prepared(chain(), {})
    plan = trainer.restore(trainer.plan(source, storage, context), storage)
    caplog.set_level("INFO", "onnlu_engine.logging_hook")
    trainer.run(plan, source, storage, context, [LoggingHook(plan.schema_to_run())])
    assert caplog.messages == [f"Node '{name}' restored." for name in TRAINED]


# The plan


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


# Pruning


@pytest.mark.behaviour("2.5/3")
def test_a_stack_of_diamonds_is_decided_node_by_node() -> None:
    nodes = {"n0": node(Upper, "process")}
    for level in range(1, 200):
        above = f"n{level - 1}"
        nodes[f"left{level}"] = node(Upper, "process", words=above)
        nodes[f"right{level}"] = node(Upper, "process", words=above)
        nodes[f"n{level}"] = node(Upper, "process", a=f"left{level}", b=f"right{level}")
    nodes["n199"].is_target = True
    schema = GraphSchema(nodes)
    assert set(actions(schema, restorable=(), inputs=()).values()) == {Action.RUNS}
    decided = actions(schema, restorable={"left100", "right100", "left5"}, inputs=())
    assert [decided[name] for name in ("n100", "left100", "right100", "n99", "left5", "n0")] == [
        Action.RUNS,
        Action.RESTORED,
        Action.RESTORED,
        Action.PRUNED,
        Action.PRUNED,
        Action.PRUNED,
    ]


# In a cluster


def trained_there(
    training: Training, cluster: Cluster, schema: GraphSchema, words: str, responses: str = ""
) -> TrainingOutcome:
    """Train as `training` does, but on the workers of a cluster."""
    given = {"__source__": (tuple(words.split()), tuple(responses.split()))}
    trainer, storage, context = training.prepared(schema, {})
    plan = trainer.restore(trainer.plan(given, storage, context), storage)
    create = partial(DaskGraphRunner.create, cluster=cluster)
    return trainer.run(plan, given, storage, context, create_runner=create)


def test_a_cluster_fills_the_cache_and_restores_what_has_not_changed(
    training: Training, thread_cluster: Cluster
) -> None:
    assert trained_there(training, thread_cluster, chain(), "one two").ran == ALL
    assert training.result("train_model") == "<ONE>\n<TWO>"
    assert training().ran == []  # without the cluster
    outcome = trained_there(training, thread_cluster, chain(), "one two")
    assert (outcome.ran, outcome.restored) == ([], TRAINED)

    schema = chain()
    schema.nodes["train_model"].config = {"limit": 1}
    outcome = trained_there(training, thread_cluster, schema, "one two")
    assert outcome.ran == ["provider", "upper", "reader", "train_model"]
    assert training.result("train_vocabulary") == "ONE\nTWO"
    assert trained_there(training, thread_cluster, chain(), "one three").ran == ALL
    assert training.result("train_model") == "<ONE>\n<THREE>"


def test_a_cluster_restores_what_is_given_the_same_as_before(
    training: Training, thread_cluster: Cluster
) -> None:
    schema = chain()
    schema.nodes["train_words"] = node(Vocabulary, "train", words="upper")
    schema.nodes["train_words"].config = {"reads": ["words"]}
    trained_there(training, thread_cluster, schema, "one two")
    outcome = trained_there(training, thread_cluster, schema, "one two", "hello")
    assert outcome.restored == ["train_words"]
    assert training.result("train_words") == "ONE\nTWO"


# Two trainings at once


@pytest.mark.behaviour("2.4/9")
def test_trainings_in_several_processes_share_a_small_cache(tmp_path: Path) -> None:
    # Two of them train the same, and evict what the others have just kept.
    processes = [
        started(tmp_path / str(number), tmp_path / "cache", 0.02, words, 6, 3)
        for number, words in enumerate(["one two", "one two", "three"])
    ]
    assert [process.wait() for process in processes] == [0, 0, 0]
    cache = LocalTrainingCache(tmp_path / "cache", 0.02)
    kept = cache.entries()
    storage = LocalModelStorage(tmp_path / "0")
    assert all(cache.has_result(entry.key, Resource) for entry in kept if entry.result)
    for entry in kept:
        if entry.result:
            (tmp_path / "0" / entry.key).mkdir()
            storage = LocalModelStorage(tmp_path / "0" / entry.key)
            assert cache.get_cached_result(entry.key, entry.node, Resource, storage)
