"""Response selectors beside DIET: trained, exported, verified, served."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from onnlu.golden import verify_golden
from onnlu.loading import load as load_exported
from onnlu.nlu import NLU
from onnlu_train.data import read_training_data
from onnlu_train.evaluation.classification import response_selection
from onnlu_train.evaluation.predictions import predict

from .conftest import WORDS, fit

SELECTOR = """\
- name: ResponseSelector
  retrieval_intent: {intent}
  epochs: {epochs}
  batch_size: 4
  learning_rate: 0.02
  random_seed: 3
  hidden_layers_sizes: {{text: [16], label: [16]}}
  dense_dimension: {{text: 16, label: 16}}
  concat_dimension: {{text: 16, label: 16}}
  {options}
"""
BY_KEY = SELECTOR.format(intent="faq", epochs=30, options="drop_rate: 0.0")
BY_TEXT = SELECTOR.format(
    intent="chitchat",
    epochs=30,
    options="use_text_as_label: true\n  number_of_transformer_layers: 1\n  transformer_size: 16\n"
    "  number_of_attention_heads: 2\n  drop_rate: 0.0",
)
NOTHING = SELECTOR.format(intent="smalltalk", epochs=1, options="")
DATA = """\
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
    - good morning
- intent: faq/hours
  examples: |
    - when do you open
    - until when is it open
- intent: faq/fee
  examples: |
    - what does a card cost
    - is there a fee
- intent: chitchat/name
  examples: |
    - who are you
    - tell me your name
- intent: chitchat/rain
  examples: |
    - will it rain
    - how is the weather
responses:
  utter_faq/hours:
  - text: We are open from nine to five.
  utter_faq/fee:
  - text: Cards are free.
    buttons: [{title: Get one, payload: /card}]
  utter_chitchat/name:
  - text: I am a bot.
  utter_chitchat/rain:
  - text: Look out of the window.
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faq")
    selectors = BY_KEY + BY_TEXT + NOTHING
    return fit(folder, featurizers=WORDS, options="\n" + selectors, data=DATA)


@pytest.fixture(scope="module")
def exported(trained: Path) -> Path:
    from onnlu_export.exporting import to_onnx

    out = trained.with_name("exported")
    to_onnx(trained, out)
    return out


@pytest.fixture(scope="module")
def nlu(exported: Path) -> NLU:
    return load_exported(exported, device="cpu")


def folder_of(exported: Path, intent: str) -> Path:
    (found,) = (
        path.parent
        for path in exported.glob("components/*/facts.json")
        if json.loads(path.read_text(encoding="utf-8")).get("retrieval_intent") == intent
    )
    return found


@pytest.mark.parametrize(
    ("text", "intent", "key", "answer"),
    [
        ("when do you open", "faq", "faq/hours", "We are open from nine to five."),
        ("is there a fee", "faq", "faq/fee", "Cards are free."),
        ("who are you", "chitchat", "chitchat/name", "I am a bot."),
        ("will it rain", "chitchat", "chitchat/rain", "Look out of the window."),
    ],
)
def test_the_exported_model_answers(nlu: NLU, text: str, intent: str, key: str, answer: str):
    found = nlu.parse(text).to_dict()["response_selector"]
    assert list(found) == ["all_retrieval_intents", "faq", "chitchat", "smalltalk"]
    assert found["all_retrieval_intents"] == ["chitchat", "faq"]
    assert found[intent]["response"]["intent_response_key"] == key
    assert found[intent]["response"]["utter_action"] == f"utter_{key}"
    assert found[intent]["response"]["responses"][0]["text"] == answer
    assert found["smalltalk"]["response"]["intent_response_key"] is None


def test_the_trained_model_answers_alike(trained: Path, nlu: NLU):
    from onnlu_train.loading import load

    texts = ["when do you open", "who are you", "", "zzz", "hello fee"]
    pairs = zip(load(trained).parse_batch(texts), nlu.parse_batch(texts), strict=True)
    for reference, ours in pairs:
        for intent in ("faq", "chitchat", "smalltalk"):
            one, other = ours.response_selector[intent], reference.response_selector[intent]
            assert one["response"]["responses"] == other["response"]["responses"]
            np.testing.assert_allclose(
                [r["confidence"] for r in one["ranking"]],
                [r["confidence"] for r in other["ranking"]],
                atol=1e-5,
            )


def test_each_model_is_a_graph_of_its_own_without_what_describes_labels(exported: Path):
    for intent in ("faq", "chitchat"):
        graph = onnx.load(folder_of(exported, intent) / "model.onnx").graph
        assert all(value.name.startswith("text.") for value in graph.input)
        assert [value.name for value in graph.output] == ["response.confidences"]
        # Labels are embedded once: what is left of them is [labels, embedding].
        assert any(sorted(tensor.dims) == [2, 20] for tensor in graph.initializer)
        assert not any("label" in tensor.name for tensor in graph.initializer)


def test_a_selector_that_learnt_nothing_has_facts_and_no_graph(exported: Path):
    folder = folder_of(exported, "smalltalk")
    assert [path.name for path in folder.iterdir()] == ["facts.json"]


def test_golden_vectors_hold_responses_and_tensors_of_every_model(exported: Path, nlu: NLU):
    cases = json.loads((exported / "golden/cases.json").read_text(encoding="utf-8"))["cases"]
    assert all("faq" in case["result"]["response_selector"] for case in cases)
    with np.load(exported / "golden/tensors.npz") as tensors:
        nodes = {name.split("/")[1] for name in tensors if name.endswith(".confidences")}
    assert len(nodes) == 3
    assert verify_golden(nlu).cases == len(cases)


def test_an_evaluation_reads_what_the_selectors_say(exported: Path, nlu: NLU):
    data = read_training_data([exported.with_name("nlu.yml")]).training_data
    found = response_selection(predict(nlu, data.examples))
    assert found is not None
    assert len(found.decisions) == 8
    assert all(decision.is_right for decision in found.decisions)
