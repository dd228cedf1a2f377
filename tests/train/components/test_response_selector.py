"""The response selector, trained on a toy FAQ (behaviour.md 3.11)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onnlu.components.count_vectors_featurizer import CountVectorsFeaturizer
from onnlu.components.whitespace_tokenizer import WhitespaceTokenizer
from onnlu.message import Message
from onnlu.training_data import TrainingData
from onnlu_engine import ExecutionContext, LocalModelStorage, Resource
from onnlu_engine.errors import InvalidDataException
from onnlu_engine.schema import GraphSchema
from onnlu_train.components.response_selector import ResponseSelector
from onnlu_train.models.diet2bow import DIET2BOW
from onnlu_train.models.diet2diet import DIET2DIET
from onnlu_train.training.session import TrainingSession

QUESTIONS = {
    "faq/hours": ["when do you open", "until when is it open", "are you open on sunday"],
    "faq/fee": ["what does a card cost", "is there a fee", "do I pay for a card"],
    "chitchat/name": ["who are you", "what is your name", "tell me your name"],
    "chitchat/weather": ["will it rain", "how is the weather today", "is it sunny"],
    None: ["hello", "bye"],
}
RESPONSES: dict[str, list[dict[str, Any]]] = {
    "faq/hours": [{"text": "We are open from nine to five."}],
    "faq/fee": [{"text": "Cards are free."}, {"text": "There is no fee."}],
    "chitchat/name": [{"image": "bot.png"}, {"text": "I am a bot."}],
    "chitchat/weather": [{"text": "Look out of the window."}],
}
SMALL = {
    "epochs": 30,
    "batch_size": 6,
    "learning_rate": 0.01,
    "random_seed": 1,
    "hidden_layers_sizes": {"text": [32], "label": [32]},
    "dense_dimension": {"text": 32, "label": 32},
    "concat_dimension": {"text": 32, "label": 32},
    "drop_rate": 0.0,
    "constrain_similarities": True,
}
BOTH = pytest.mark.parametrize("use_text_as_label", [False, True])


def context(node: str, **settings: Any) -> ExecutionContext:
    return ExecutionContext(GraphSchema({}), node_name=node, settings=settings)


class Pipeline:
    """Tokenizer and featurizer that know the FAQ, and selectors behind them."""

    def __init__(self, folder: Path, data: TrainingData) -> None:
        self.storage = LocalModelStorage(folder)
        self.tokenizer = WhitespaceTokenizer(WhitespaceTokenizer.get_default_config())
        config = CountVectorsFeaturizer.get_default_config()
        arguments = (config, self.storage, Resource("counts"), context("counts"))
        data = self.tokenizer.process_training_data(data)
        CountVectorsFeaturizer.create(*arguments).train(data)
        self.featurizer = CountVectorsFeaturizer.load(*arguments)
        self.data = self.featurizer.process_training_data(data)

    def trained(self, name: str, train: dict[str, Any] | None = None, **config: Any) -> Any:
        """Train a selector and return it as it is loaded."""
        merged = {**ResponseSelector.get_default_config(), **SMALL, **config}
        resource, session = Resource(name), TrainingSession(train)
        self.session = session
        own = (merged, self.storage, resource)
        held_out = self.data if train else None
        ResponseSelector.create(*own, context(name, training=session)).train(self.data, held_out)
        return ResponseSelector.load(*own, context(name))

    def parsed(self, text: str, *selectors: ResponseSelector) -> dict[str, Any]:
        messages = self.featurizer.process(self.tokenizer.process([Message({"text": text})]))
        for selector in selectors:
            selector.process(messages)
        found: dict[str, Any] = messages[0].data["response_selector"]
        return found


def training_data(responses: dict[str, Any] | None = None) -> TrainingData:
    data = TrainingData(responses=RESPONSES if responses is None else responses)
    for key, questions in QUESTIONS.items():
        for text in questions:
            message = Message({"text": text, "intent": key.split("/")[0] if key else "other"})
            if key:
                message.data |= {"intent_response_key": key, "response": data.response_text(key)}
            data.examples.append(message)
    return data


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    return Pipeline(tmp_path, training_data())


def assert_answers(pipeline: Pipeline, selector: Any, keys: list[str], name: str) -> None:
    for key in keys:
        for text in QUESTIONS[key]:
            found = pipeline.parsed(text, selector)[name]
            assert found["response"]["intent_response_key"] == key, text
            assert found["response"]["responses"] == RESPONSES[key]
            assert found["response"]["utter_action"] == f"utter_{key}"
            assert found["ranking"][0]["intent_response_key"] == key
            assert len(found["ranking"]) == len(keys)


@BOTH
def test_the_right_response_is_the_first(pipeline: Pipeline, use_text_as_label: bool):
    selector = pipeline.trained("all", use_text_as_label=use_text_as_label)
    model = selector.export_spec().model
    assert type(model) is (DIET2DIET if use_text_as_label else DIET2BOW)
    assert_answers(pipeline, selector, list(RESPONSES), "default")
    assert pipeline.parsed("hello", selector)["all_retrieval_intents"] == ["chitchat", "faq"]


def test_each_selector_knows_its_retrieval_intent_alone(pipeline: Pipeline):
    selectors = [
        pipeline.trained(intent, retrieval_intent=intent, use_text_as_label=intent == "faq")
        for intent in ("faq", "chitchat")
    ]
    assert_answers(pipeline, selectors[0], ["faq/hours", "faq/fee"], "faq")
    assert_answers(pipeline, selectors[1], ["chitchat/name", "chitchat/weather"], "chitchat")
    found = pipeline.parsed("when do you open", *selectors)
    assert list(found) == ["all_retrieval_intents", "faq", "chitchat"]


def test_labels_are_described_by_the_words_of_keys_or_of_responses(
    pipeline: Pipeline, tmp_path: Path
):
    widths = {}
    for name, by_text in (("keys", False), ("texts", True)):
        pipeline.trained(name, use_text_as_label=by_text, epochs=1)
        description = json.loads((tmp_path / name / "model.json").read_text(encoding="utf-8"))
        (sequence,) = description["label_data"]["label"]["sequence"]
        widths[name] = sequence["units"]
    vocabularies = pipeline.featurizer.vocabularies
    assert widths == {
        "keys": len(vocabularies["intent_response_key"]),
        "texts": len(vocabularies["response"]),
    }


@BOTH
def test_a_missing_response_is_its_key_with_a_warning(
    tmp_path: Path, use_text_as_label: bool, caplog: pytest.LogCaptureFixture
):
    responses = {key: RESPONSES[key] for key in RESPONSES if key != "faq/fee"}
    pipeline = Pipeline(tmp_path, training_data(responses))
    selector = pipeline.trained("all", use_text_as_label=use_text_as_label)
    (warning,) = caplog.messages
    assert "no response for faq/fee" in warning
    assert "`--data data domain.yml`" in warning
    assert "Add `utter_faq/fee`" in warning
    found = pipeline.parsed("is there a fee", selector)["default"]["response"]
    assert found["intent_response_key"] == "faq/fee"
    assert found["responses"] == [{"text": "faq/fee"}]


def test_keys_of_one_text_are_one_label_where_texts_are_labels(tmp_path: Path):
    same = {**RESPONSES, "faq/fee": RESPONSES["faq/hours"]}
    pipeline = Pipeline(tmp_path, training_data(same))
    selector = pipeline.trained("all", use_text_as_label=True, train={"evaluate_every": 30})
    found = pipeline.parsed("when do you open", selector)["default"]
    assert found["response"]["intent_response_key"] == "faq/fee"
    keys = [response["intent_response_key"] for response in found["ranking"]]
    assert sorted(keys) == ["chitchat/name", "chitchat/weather", "faq/fee"]
    assert pipeline.session.metrics["all"]["val_r_acc"] == 1


@pytest.mark.parametrize(
    ("config", "cause"),
    [
        ({"retrieval_intent": "fag"}, "the retrieval intent 'fag'. Did you mean 'faq'?"),
        ({"retrieval_intent": "other"}, "no example has the retrieval intent 'other'."),
        ({"retrieval_intent": "single"}, "single/one is all there is to choose from"),
    ],
)
def test_a_selector_without_a_choice_is_skipped_with_one_notice(
    tmp_path: Path, config: dict[str, Any], cause: str, caplog: pytest.LogCaptureFixture
):
    data = training_data()
    single = {"intent": "single", "intent_response_key": "single/one", "response": "single/one"}
    data.examples.append(Message({"text": "one", **single}))
    pipeline = Pipeline(tmp_path, data)
    selector = pipeline.trained("empty", **config)
    (notice,) = caplog.messages
    assert notice.startswith("ResponseSelector is skipped: ")
    assert cause in notice
    assert selector.export_spec().model is None
    found = pipeline.parsed("when do you open", selector)
    assert found["all_retrieval_intents"] == ["chitchat", "faq", "single"]
    assert found[config["retrieval_intent"]] == {
        "response": {
            "responses": None,
            "confidence": 0.0,
            "intent_response_key": None,
            "utter_action": None,
        },
        "ranking": [],
    }


def test_data_without_retrieval_intents_are_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    data = training_data()
    data.examples = [m for m in data.examples if m.data["intent"] == "other"]
    pipeline = Pipeline(tmp_path, data)
    selector = pipeline.trained("empty", use_text_as_label=True)
    assert caplog.messages == [
        "ResponseSelector is skipped: no example has a retrieval intent, such as `faq/ask_name`."
    ]
    assert pipeline.parsed("hello", selector)["all_retrieval_intents"] == []


def test_a_text_without_features_has_an_empty_result(pipeline: Pipeline):
    selector = pipeline.trained("all", epochs=1)
    message = Message({"text": "x"}, {"text": []})
    selector.process([message])
    assert message.data["response_selector"]["default"]["ranking"] == []


def test_responses_that_are_labels_need_features(tmp_path: Path):
    pipeline = Pipeline(tmp_path, training_data())
    for message in pipeline.data.examples:
        message.features = [f for f in message.features if f.attribute != "response"]
    with pytest.raises(InvalidDataException, match="that of 'faq/hours' has none"):
        pipeline.trained("all", use_text_as_label=True)


@BOTH
def test_responses_are_validated(pipeline: Pipeline, use_text_as_label: bool):
    pipeline.trained("all", {"evaluate_every": 30}, use_text_as_label=use_text_as_label)
    metrics = pipeline.session.metrics["all"]
    assert metrics["response_accuracy"] == 1
    assert metrics["val_r_acc"] == metrics["val_score"] == 1
    assert metrics["val_loss"] == pytest.approx(metrics["val_r_loss"])


def test_own_examples_are_held_out_on_request(pipeline: Pipeline):
    pipeline.trained("all", evaluate_on_number_of_examples=4, epochs=2)
    assert "val_r_acc" in pipeline.session.metrics["all"]


def test_validation_data_without_questions_are_warned_of(
    pipeline: Pipeline, caplog: pytest.LogCaptureFixture
):
    config = {**ResponseSelector.get_default_config(), **SMALL, "epochs": 1}
    selector = ResponseSelector.create(
        config, pipeline.storage, Resource("all"), context("all", training=TrainingSession())
    )
    others = [m for m in pipeline.data.examples if m.data["intent"] == "other"]
    selector.train(pipeline.data, TrainingData(others))
    (warning,) = caplog.messages
    assert warning.endswith(
        "no validation example has one of the responses of the training data: it is not validated."
    )


# "cross entropy without constraining -> warning"
@pytest.mark.parametrize(
    ("options", "is_warned"),
    [
        ({"constrain_similarities": False}, True),
        ({"constrain_similarities": True}, False),
        ({"constrain_similarities": False, "loss_type": "margin"}, False),
    ],
)
def test_similarities_that_nothing_constrains_are_warned_of(
    options: dict[str, Any],
    is_warned: bool,
    pipeline: Pipeline,
    caplog: pytest.LogCaptureFixture,
):
    pipeline.trained("all", **{**options, "epochs": 1})
    warnings = [m for m in caplog.messages if "constrain_similarities: true" in m]
    assert len(warnings) == is_warned
