"""What the reference data keeps of Rasa's trainings scores as its README says."""

from __future__ import annotations

from pathlib import Path

import pytest
from data_sets import hwu64, snips
from kept_original import add_kept
from training_record import Record, read_records

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.shared
def test_kept_predictions_score_as_the_reference_data_says(tmp_path: Path, shared: Path):
    data_sets = [data for data in (snips(CHECKOUT), hwu64(CHECKOUT)) if data is not None]
    record = Record(tmp_path, "quality", CHECKOUT, {})
    add_kept(CHECKOUT, record, data_sets)
    add_kept(CHECKOUT, record, data_sets)  # what is there is not added again
    (document,) = read_records(tmp_path, "quality")
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
