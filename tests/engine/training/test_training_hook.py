"""What is kept of the nodes that ran."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

import pytest

from onnlu_engine import Resource
from onnlu_engine.errors import GraphComponentException

from .graphs import ALL, TRAINED, Training, Vocabulary, chain, source


class Failing(Vocabulary):
    """Persists something, and fails."""

    def train(self, words: Any) -> Resource:
        super().train(words)
        raise self.config["reads"][0]


class Editing(Vocabulary):
    """Its file is edited while it trains."""

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        return Path(config["vectors"]).read_text()

    def train(self, words: Any) -> Resource:
        Path(self.config["vectors"]).write_text("after")
        return super().train(words)


EDITED = """\
from {graphs} import Vocabulary
class Edited(Vocabulary):
    def train(self, words):
        {edit}
        return super().train(words)
"""


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
    given = source("one two")
    for _ in range(2):
        trainer, storage, context = training.prepared(chain(), {})
        plan = trainer.restore(trainer.plan(given, storage, context), storage)
        assert trainer.run(plan, given, storage, context, keeps=False).ran == ALL
        assert training.cache.entries() == []
    training()
    trainer, storage, context = training.prepared(chain(), {})
    plan = trainer.restore(trainer.plan(given, storage, context), storage)
    assert trainer.run(plan, given, storage, context, keeps=False).restored == TRAINED


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
