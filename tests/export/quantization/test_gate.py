"""What is refused, and in which words."""

import pytest

from onnlu_export.errors import ParityException
from onnlu_export.quantization.agreement import Agreement
from onnlu_export.quantization.gate import check_accuracy, check_agreement


def test_every_share_has_to_be_large_enough():
    check_agreement(Agreement(100, 0.98, 0.99, 1.0, 0.1), 0.98)
    with pytest.raises(ParityException) as caught:
        check_agreement(Agreement(100, 0.97, 0.5, 0.98, 0.1), 0.98)
    assert "97.00% of the intents, 50.00% of the tags only; 98.00% are needed" in str(caught.value)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("lost", [0.8, float("nan")])
def test_every_figure_has_to_be_kept(lost: float):
    float32 = {"intent_accuracy": 0.9, "entity_f1": 0.8}
    check_accuracy({"intent_accuracy": 0.89, "entity_f1": 0.9}, float32, 0.0100001)
    with pytest.raises(ParityException, match=r"intent_accuracy .* instead of 0\.9000; a loss of"):
        check_accuracy({"intent_accuracy": lost, "entity_f1": 0.8}, float32, 0.01)


def test_a_figure_that_is_gone_is_lost():
    with pytest.raises(ParityException, match=r"entity_f1 0\.0000 instead of 0\.8000"):
        check_accuracy({}, {"entity_f1": 0.8}, 0.01)
