"""The interface of components, and what surrounds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onnlu_engine import (
    ExecutionContext,
    GraphComponent,
    GraphModelConfiguration,
    GraphSchema,
    LocalModelStorage,
    Resource,
    TrainingType,
)

CONTEXT = ExecutionContext(GraphSchema({}))


class Minimal(GraphComponent):
    """Says nothing but how it is made."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: Any,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Minimal:
        return cls(config)


@pytest.mark.behaviour("1.5/2")
def test_a_component_must_say_how_it_is_created() -> None:
    """1.5 create."""

    class Abstract(GraphComponent):
        pass

    with pytest.raises(TypeError, match="create"):
        Abstract()  # type: ignore[abstract]


@pytest.mark.behaviour("1.5/3")
def test_loading_creates_unless_the_component_says_otherwise(tmp_path: Path) -> None:
    """1.5 load: the default delegates and drops what parents passed."""
    storage = LocalModelStorage(tmp_path)
    loaded = Minimal.load({"a": 1}, storage, Resource("r"), CONTEXT, from_parent="dropped")
    assert loaded.config == {"a": 1}


def test_a_component_demands_nothing_by_default() -> None:
    """1.5 the other members."""
    assert Minimal.required_components() == []
    assert Minimal.get_default_config() == {}
    assert Minimal.supported_languages() is None
    assert Minimal.not_supported_languages() is None
    assert Minimal.required_packages() == []
    assert Minimal.can_finetune() is False
    assert Minimal.fingerprint_addon({}) is None


def test_a_configuration_is_one_of_nlu_unless_it_says_otherwise() -> None:
    """1.9 GraphModelConfiguration."""
    train, predict = GraphSchema({}), GraphSchema({})
    configuration = GraphModelConfiguration(train, predict)
    assert configuration.train_schema is train
    assert configuration.predict_schema is predict
    assert configuration.training_type is TrainingType.NLU
    rest = ("assistant_id", "language", "core_target", "nlu_target", "spaces")
    assert [getattr(configuration, name) for name in rest] == [None] * 5


def test_training_types_keep_their_numbers() -> None:
    """1.9 TrainingType."""
    assert {kind.name: kind.value for kind in TrainingType} == {
        "NLU": 1,
        "CORE": 2,
        "BOTH": 3,
        "END_TO_END": 4,
    }
