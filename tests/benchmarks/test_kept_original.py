"""What the reference data keeps of Rasa's trainings scores as its README says."""

from __future__ import annotations

from pathlib import Path

import pytest

from .scripts import CHECKOUT, module

data_sets, kept, records = (
    module(name) for name in ("data_sets", "kept_original", "training_record")
)


@pytest.mark.shared
def test_kept_predictions_score_as_the_reference_data_says(tmp_path: Path, shared: Path):
    both = [data_sets.snips(CHECKOUT), data_sets.hwu64(CHECKOUT)]
    record = records.Record(tmp_path, "quality", CHECKOUT, {})
    kept.add_kept(CHECKOUT, record, both)
    kept.add_kept(CHECKOUT, record, both)  # what is there is not added again
    (document,) = records.read_records(tmp_path, "quality")
    found = [
        (
            run["run"]["data"],
            *(round(run["scores"][name], 3) for name in ("intent_accuracy", "entity_f1")),
        )
        for run in document["runs"]
    ]
    assert found == [
        ("SNIPS", 0.970, 0.816),
        ("SNIPS", 0.973, 0.811),
        ("SNIPS", 0.971, 0.811),
        ("HWU64 fold 1", 0.850, 0.662),
    ]
