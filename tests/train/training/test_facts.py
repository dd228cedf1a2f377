"""What a fit trains from what."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from onnlu.components.word_vectors_featurizer import WordVectorsFeaturizer
from onnlu.training_data import TrainingData
from onnlu_engine.errors import InvalidConfigException
from onnlu_engine.schema import GraphSchema, SchemaNode
from onnlu_train.external_data import external_data
from onnlu_train.training.facts import check_same, fit_facts
from onnlu_train.training.options import uses_mixed_precision


def facts_with(
    vectors: Path, *, device: str = "cpu", train_schema: GraphSchema | None = None
) -> dict[str, Any]:
    node = SchemaNode({}, WordVectorsFeaturizer, "load", "process", {"file": str(vectors)})
    schema = GraphSchema({"run_WordVectorsFeaturizer1": node})
    return fit_facts(
        versions={},
        schema=schema,
        train_schema=train_schema or schema,
        train={},
        training_data=TrainingData(),
        validation_data=TrainingData(),
        external_data=external_data(schema),
        mixed_precision=uses_mixed_precision({"mixed_precision": "auto"}, device),
    )


def test_word_vectors_that_changed_are_another_fit(tmp_path: Path):
    vectors = tmp_path / "vectors.vec"
    vectors.write_text("word 1 2\n", encoding="utf-8")
    before = facts_with(vectors)
    check_same(before, facts_with(vectors), "m.checkpoint")

    vectors.write_text("word 1 3\n", encoding="utf-8")
    with pytest.raises(InvalidConfigException) as refused:
        check_same(before, facts_with(vectors), "m.checkpoint")

    (difference,) = [line for line in str(refused.value).splitlines() if line.startswith("  ")]
    assert difference.startswith(
        '  content of the files of run_WordVectorsFeaturizer1: was "digest '
    )


def test_a_device_with_another_precision_is_another_fit(tmp_path: Path):
    on_cpu, on_gpu = (facts_with(tmp_path, device=device) for device in ("cpu", "gpu:0"))
    check_same(on_gpu, facts_with(tmp_path, device="gpu:1"), "m.checkpoint")
    with pytest.raises(
        InvalidConfigException, match='mixed precision on the device: was "float16", is "off"'
    ):
        check_same(on_gpu, on_cpu, "m.checkpoint")


def test_components_that_read_the_training_data_alone_have_no_external_data(tmp_path: Path):
    node = SchemaNode({}, WordVectorsFeaturizer, "load", "process", {"file": None})
    assert external_data(GraphSchema({"run_WordVectorsFeaturizer1": node})) == {}


def test_a_train_graph_of_its_own_is_part_of_a_fit(tmp_path: Path):
    def facts(needs: dict[str, str], max_words: int) -> dict[str, Any]:
        config = {"file": str(tmp_path), "max_words": max_words}
        node = SchemaNode(needs, WordVectorsFeaturizer, "create", "process", config)
        return facts_with(tmp_path, train_schema=GraphSchema({"vectors": node}))

    before = facts({}, 1)
    check_same(before, facts({}, 1), "m.checkpoint")
    with pytest.raises(InvalidConfigException, match=r"  vectors\.max_words: was 1, is 2"):
        check_same(before, facts({}, 2), "m.checkpoint")
    with pytest.raises(InvalidConfigException, match="  edges of the train graph: was"):
        check_same(before, facts({"training_data": "data"}, 1), "m.checkpoint")


def test_a_component_whose_source_was_edited_is_another_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def facts(folder: str, text: str) -> dict[str, Any]:
        place = tmp_path / folder / "my_edited_component.py"
        place.parent.mkdir()
        place.write_text(f"from onnlu_engine import GraphComponent\n{text}\n")
        os.utime(place, (0, 0))
        with monkeypatch.context() as patch:
            patch.syspath_prepend(place.parent)
            component = importlib.import_module("my_edited_component").Mine
            try:
                node = SchemaNode({}, component, "create", "train", {})
                return facts_with(tmp_path, train_schema=GraphSchema({"train_Mine1": node}))
            finally:
                del sys.modules["my_edited_component"]

    before = facts("one", "class Mine(GraphComponent): pass")
    check_same(before, facts("same", "class Mine(GraphComponent): pass"), "m.checkpoint")
    with pytest.raises(
        InvalidConfigException, match=r'source of Mine: was "digest .*", is "digest'
    ):
        check_same(before, facts("other", "class Mine(GraphComponent): more = 1"), "m.checkpoint")
