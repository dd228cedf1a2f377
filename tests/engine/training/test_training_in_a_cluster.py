"""Trainings on the workers of a cluster, with a cache on the machine that starts them."""

from __future__ import annotations

from functools import partial

from onnlu_engine import GraphSchema
from onnlu_engine.dask_cluster import Cluster
from onnlu_engine.dask_runner import DaskGraphRunner
from onnlu_engine.training import TrainingOutcome

from .graphs import ALL, TRAINED, Training, Vocabulary, chain, node, source


def trained_there(
    training: Training, cluster: Cluster, schema: GraphSchema, words: str, responses: str = ""
) -> TrainingOutcome:
    """Train as `training` does, but on the workers of a cluster."""
    given = source(words, responses)
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
