"""What the provider hands on to the graph."""

from __future__ import annotations

from pathlib import Path

from onnlu_engine import ExecutionContext, LocalModelStorage, Resource
from onnlu_engine.schema import GraphSchema
from onnlu_train.components.training_data_provider import NLUTrainingDataProvider
from onnlu_train.data import TrainingDataImporter


def test_the_provider_hands_the_graph_the_importers_data_in_messages_of_its_own(
    tmp_path: Path,
) -> None:
    file = tmp_path / "nlu.yml"
    file.write_text('version: "3.1"\nnlu:\n- intent: a\n  examples: |\n    - x\n')
    importer = TrainingDataImporter([file])
    provider = NLUTrainingDataProvider.create(
        {}, LocalModelStorage(tmp_path), Resource("none"), ExecutionContext(GraphSchema({}))
    )
    first = provider.provide(importer)
    assert [m.data for m in first.examples] == [m.data for m in importer.nlu_data().examples]
    first.examples[0].set("intent", "b")
    assert provider.provide(importer).examples[0].get("intent") == "a"
