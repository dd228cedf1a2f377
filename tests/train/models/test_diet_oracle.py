"""With Rasa's weights in it, our DIET gives Rasa's outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from .oracle import oracle_batches, oracle_diet


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["default", "roles_and_groups", "relative_attention", "no_transformer"]
)
def test_outputs_equal_those_of_the_original(shared: Path, name: str) -> None:
    model = oracle_diet(shared / "oracles" / name)
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


def _assert_close(ours: np.ndarray, theirs: np.ndarray) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
