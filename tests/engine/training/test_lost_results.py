"""Results that cannot be restored: what depends on them is made of the new ones."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import ClassVar

import pytest

from onnlu_engine import GraphSchema, Resource
from onnlu_engine.training import Action, LocalTrainingCache

from .graphs import ALL, Component, Training, Vocabulary, Words, chain, node


class Random(Vocabulary):
    """Learns something else each time, and remembers what."""

    learnt: ClassVar[list[str]] = []

    def train(self, words: Words) -> Resource:
        self.learnt.append(os.urandom(4).hex())
        return super().train(Words((*words.words, self.learnt[-1])))


class Lister(Component):
    """Hands on all that a vocabulary has."""

    def process(self, words: Words, vocabulary: Resource) -> Words:
        self.runs.append(self.node)
        with self.storage.read_from(vocabulary) as folder:
            return Words(("read", *(folder / "words.txt").read_text().split("\n")))


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


@pytest.mark.behaviour("2.5/3")
def test_a_result_that_cannot_be_restored_is_made_again(training: Training) -> None:
    training()
    lose(training, "train_model")
    outcome = training()
    assert outcome.ran == ["provider", "upper", "reader", "train_model"]
    assert outcome.restored == ["train_vocabulary"]
    assert training.result("train_model") == "<ONE>\n<TWO>"
    assert training().ran == []


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
