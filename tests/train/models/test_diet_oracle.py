"""With Rasa's weights in it, our DIET gives Rasa's outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onnlu.comparison import compare_results
from onnlu.decoding.prediction import PredictionDecoder
from onnlu.result import ParseResult
from onnlu.tolerance import Tolerance
from onnlu_train.models.outputs import flattened

from .oracle import oracle_batches, oracle_diet, oracle_facts, oracle_messages

ORACLES = ["default", "roles_and_groups", "relative_attention", "no_transformer"]


@pytest.mark.shared
@pytest.mark.parametrize("name", ORACLES)
def test_outputs_equal_those_of_the_original(shared: Path, name: str) -> None:
    model = oracle_diet(shared / "oracles" / name, rasa_compat=True)
    for batch, expected in oracle_batches(shared / "oracles" / name):
        outputs = model.rasa_predict(batch)
        diagnostics = outputs["diagnostic_data"]
        _assert_close(outputs["intent"]["confidences"], expected["i_scores"])
        _assert_close(diagnostics["text_transformed"], expected["diagnostic_data.text_transformed"])
        attention = "diagnostic_data.attention_weights"
        assert (attention in expected) == ("attention_weights" in diagnostics)
        if attention in expected:
            _assert_close(diagnostics["attention_weights"], expected[attention])
        for kind in ("entity", "role", "group"):
            if f"e_{kind}_ids" in expected:
                np.testing.assert_array_equal(
                    outputs[kind]["tags"], expected[f"e_{kind}_ids"][:, :-1]
                )
                _assert_close(outputs[kind]["scores"], expected[f"e_{kind}_scores"][:, :-1])


@pytest.mark.shared
@pytest.mark.parametrize("name", ORACLES)
def test_results_equal_those_of_the_original(shared: Path, name: str) -> None:
    folder = shared / "oracles" / name
    model = oracle_diet(folder, rasa_compat=True)
    decoder = PredictionDecoder(oracle_facts(folder))
    messages = oracle_messages(folder)
    parses = json.loads((folder / "parses.json").read_text())
    for message, (batch, _), parse in zip(messages, oracle_batches(folder), parses, strict=False):
        decoder.annotate(message, flattened(model.rasa_predict(batch)))
        ours = ParseResult.from_message(message).to_dict()
        theirs = parse | {"entities": _before_synonyms(parse)}
        assert compare_results(ours, theirs, Tolerance(1e-5, 0.0)).difference is None


@pytest.mark.shared
def test_confidences_of_tags_differ_from_the_original_unless_asked_for(shared: Path) -> None:
    folder = shared / "oracles" / "default"
    model = oracle_diet(folder)
    differences = []
    for batch, expected in oracle_batches(folder):
        scores = model.rasa_predict(batch)["entity"]["scores"]
        differences.append(np.abs(scores - expected["e_entity_scores"][:, :-1]).max())
    assert max(differences) > 1e-4


def _before_synonyms(parse: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the entities without what the EntitySynonymMapper did to them."""
    return [
        {key: value for key, value in entity.items() if key != "processors"}
        | {"value": parse["text"][entity["start"] : entity["end"]]}
        for entity in parse["entities"]
    ]


def _assert_close(ours: np.ndarray, theirs: np.ndarray) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
