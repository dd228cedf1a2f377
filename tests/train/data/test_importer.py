"""What a train graph is given."""

from __future__ import annotations

from pathlib import Path

from onnlu_train.data import TrainingDataImporter

from .yaml_files import HEAD, read


def test_an_importer_reads_its_files_once(tmp_path: Path) -> None:
    read(tmp_path, nlu=HEAD + "- intent: a\n  examples: |\n    - x\n")
    importer = TrainingDataImporter([tmp_path])
    first = importer.nlu_data()
    (tmp_path / "nlu.yml").unlink()
    assert importer.nlu_data() is first
    assert importer.result.training_data is first
