"""With a cache, any graph learns what it learns without, whatever was edited before."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from hypothesis import given, settings
from hypothesis import strategies as st

from onnlu_engine import (
    ExecutionContext,
    GraphComponent,
    GraphSchema,
    LocalModelStorage,
    ModelStorage,
    Resource,
    SchemaNode,
)
from onnlu_engine.training import GraphTrainer, LocalTrainingCache, TrainingCache

SOURCE = "__source__"
Edit = tuple[int, int]
"""A node and its new offset."""


class Sum(GraphComponent):
    """Adds up numbers, or persists their sum; with `parity`, only whether it is even."""

    def __init__(self, config: Mapping[str, Any], storage: ModelStorage, name: Resource) -> None:
        self.config, self.storage, self.name = config, storage, name

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"offset": 0, "parity": False}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        return cls(config, model_storage, resource)

    def add(self, **inputs: int | Resource) -> int:
        total = self.config["offset"] + sum(map(self.number, inputs.values()))
        return total % 2 if self.config["parity"] else total

    def train(self, **inputs: int | Resource) -> Resource:
        with self.storage.write_to(self.name) as folder:
            (folder / "sum").write_text(str(self.add(**inputs)))
        return self.name

    def number(self, value: int | Resource) -> int:
        if isinstance(value, int):
            return value
        with self.storage.read_from(value) as folder:
            return int((folder / "sum").read_text())


@st.composite
def graphs(draw: st.DrawFn) -> GraphSchema:
    """Draw an acyclic graph; about half of its nodes train, which are its targets."""
    nodes: dict[str, SchemaNode] = {}
    for number in range(draw(st.integers(1, 7))):
        parents = draw(st.lists(st.sampled_from([SOURCE, *nodes]), max_size=3, unique=True))
        trains = draw(st.booleans())
        nodes[f"n{number}"] = SchemaNode(
            {f"p{index}": parent for index, parent in enumerate(parents)},
            Sum,
            "create",
            "train" if trains else "add",
            {"parity": draw(st.booleans())},
            is_target=trains,
        )
    return GraphSchema(nodes)


def learnt(schema: GraphSchema, source: int, cache: TrainingCache | None) -> dict[str, str]:
    """Return what every target persists."""
    with tempfile.TemporaryDirectory() as folder:
        storage, context = LocalModelStorage(Path(folder)), ExecutionContext(schema)
        GraphTrainer(schema, cache=cache).train({SOURCE: source}, storage, context)
        return {path.parent.name: path.read_text() for path in Path(folder).glob("*/sum")}


@settings(max_examples=25)
@given(graphs(), st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), max_size=4))
def test_a_cache_changes_nothing_that_is_learnt(schema: GraphSchema, edits: list[Edit]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cache = LocalTrainingCache(Path(folder) / "cache", 1)
        for source, (number, offset) in enumerate([(0, 0), *edits, (0, 0)]):
            node = schema.nodes.get(f"n{number}")
            if node is not None:
                node.config["offset"] = offset
            assert learnt(schema, source % 2, cache) == learnt(schema, source % 2, None)
