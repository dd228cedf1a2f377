"""How tests of components build them, and the small words they share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onnlu.components.whitespace_tokenizer import WhitespaceTokenizer
from onnlu.message import Message
from onnlu.training_data import TrainingData
from onnlu_engine import ExecutionContext, GraphComponent, LocalModelStorage, ModelStorage, Resource
from onnlu_engine.schema import GraphSchema

Build = Callable[..., Any]


@pytest.fixture
def model_storage(tmp_path: Path) -> LocalModelStorage:
    return LocalModelStorage(tmp_path)


@pytest.fixture
def build(model_storage: ModelStorage) -> Build:
    """Create a component, or `load=True` it, as a node of a graph does."""

    def built(
        component: type[GraphComponent],
        *,
        load: bool = False,
        resource: str = "resource",
        node: str | None = "run_Component1",
        is_finetuning: bool = False,
        **config: Any,
    ) -> GraphComponent:
        context = ExecutionContext(GraphSchema({}), node_name=node, is_finetuning=is_finetuning)
        constructor = component.load if load else component.create
        merged = {**component.get_default_config(), **config}
        return constructor(merged, model_storage, Resource(resource), context)

    return built


def _tokenized(*texts: str) -> list[Message]:
    tokenizer = WhitespaceTokenizer(WhitespaceTokenizer.get_default_config())
    return tokenizer.process([Message({"text": text}) for text in texts])


@pytest.fixture
def tokenized() -> Callable[..., list[Message]]:
    """Make messages of texts, with tokens."""
    return _tokenized


@pytest.fixture
def corpus() -> Callable[..., TrainingData]:
    """Make tokenized training data of texts, or of (text, intent)."""

    def made(*examples: str | tuple[str, str]) -> TrainingData:
        pairs = [(e, None) if isinstance(e, str) else e for e in examples]
        messages = [Message({"text": text, "intent": intent}) for text, intent in pairs]
        tokenizer = WhitespaceTokenizer(WhitespaceTokenizer.get_default_config())
        return tokenizer.process_training_data(TrainingData(messages))

    return made
