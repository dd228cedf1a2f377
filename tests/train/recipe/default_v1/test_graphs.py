"""The graphs that the recipe `default.v1` makes of a pipeline."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from onnlu_engine.configuration import TrainingType
from onnlu_engine.registry import ComponentRegistry
from onnlu_engine.schema import GraphSchema, SchemaNode
from onnlu_train.recipe import custom_components, graph_model_configuration, read_config

from ..configs import read

CHAR_WB = {"analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4}

DIET = {"epochs": 100, "constrain_similarities": True}

TRAIN_COMPARED = """
nlu_training_data_provider: NLUTrainingDataProvider.create.provide(importer=__importer__) input
run_WhitespaceTokenizer0: WhitespaceTokenizer.create.process_training_data(training_data=nlu_training_data_provider)
train_RegexFeaturizer1: RegexFeaturizer.create.train(training_data=run_WhitespaceTokenizer0) target
run_RegexFeaturizer1: RegexFeaturizer.load.process_training_data(training_data=run_WhitespaceTokenizer0, resource=train_RegexFeaturizer1)
train_LexicalSyntacticFeaturizer2: LexicalSyntacticFeaturizer.create.train(training_data=run_RegexFeaturizer1) target
run_LexicalSyntacticFeaturizer2: LexicalSyntacticFeaturizer.load.process_training_data(training_data=run_RegexFeaturizer1, resource=train_LexicalSyntacticFeaturizer2)
train_CountVectorsFeaturizer3: CountVectorsFeaturizer.create.train(training_data=run_LexicalSyntacticFeaturizer2) target
run_CountVectorsFeaturizer3: CountVectorsFeaturizer.load.process_training_data(training_data=run_LexicalSyntacticFeaturizer2, resource=train_CountVectorsFeaturizer3)
train_CountVectorsFeaturizer4: CountVectorsFeaturizer.create.train(training_data=run_CountVectorsFeaturizer3) target
run_CountVectorsFeaturizer4: CountVectorsFeaturizer.load.process_training_data(training_data=run_CountVectorsFeaturizer3, resource=train_CountVectorsFeaturizer4)
train_DIETClassifier5: DIETClassifier.create.train(training_data=run_CountVectorsFeaturizer4) target
train_EntitySynonymMapper6: EntitySynonymMapper.create.train(training_data=run_CountVectorsFeaturizer4) target
"""  # noqa: E501

PREDICT_COMPARED = """
nlu_message_converter: NLUMessageConverter.load.convert_user_message(messages=__message__) eager
run_WhitespaceTokenizer0: WhitespaceTokenizer.load.process(messages=nlu_message_converter) eager
run_RegexFeaturizer1: RegexFeaturizer.load.process(messages=run_WhitespaceTokenizer0) eager from train_RegexFeaturizer1
run_LexicalSyntacticFeaturizer2: LexicalSyntacticFeaturizer.load.process(messages=run_RegexFeaturizer1) eager from train_LexicalSyntacticFeaturizer2
run_CountVectorsFeaturizer3: CountVectorsFeaturizer.load.process(messages=run_LexicalSyntacticFeaturizer2) eager from train_CountVectorsFeaturizer3
run_CountVectorsFeaturizer4: CountVectorsFeaturizer.load.process(messages=run_CountVectorsFeaturizer3) eager from train_CountVectorsFeaturizer4
run_DIETClassifier5: DIETClassifier.load.process(messages=run_CountVectorsFeaturizer4) eager from train_DIETClassifier5
run_EntitySynonymMapper6: EntitySynonymMapper.load.process(messages=run_DIETClassifier5) eager from train_EntitySynonymMapper6
run_RegexMessageHandler: RegexMessageHandler.load.process(messages=run_EntitySynonymMapper6) eager
"""  # noqa: E501

TRAIN_DEFAULT = TRAIN_COMPARED + (
    "train_ResponseSelector7: ResponseSelector.create.train("
    "training_data=run_CountVectorsFeaturizer4) target\n"
)

PREDICT_DEFAULT = PREDICT_COMPARED.replace(
    "run_RegexMessageHandler: RegexMessageHandler.load.process(messages=run_EntitySynonymMapper6)",
    "run_ResponseSelector7: ResponseSelector.load.process(messages=run_EntitySynonymMapper6)"
    " eager from train_ResponseSelector7\n"
    "run_FallbackClassifier8: FallbackClassifier.load.process(messages=run_ResponseSelector7)"
    " eager\n"
    "run_RegexMessageHandler: RegexMessageHandler.load.process(messages=run_FallbackClassifier8)",
)

CHAR_ONLY = """
recipe: default.v1
language: de
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
  analyzer: char_wb
  min_ngram: 1
  max_ngram: 4
- name: DIETClassifier
  entity_recognition: false
"""

TRAIN_CHAR_ONLY = """
nlu_training_data_provider: NLUTrainingDataProvider.create.provide(importer=__importer__) input
run_WhitespaceTokenizer0: WhitespaceTokenizer.create.process_training_data(training_data=nlu_training_data_provider)
train_CountVectorsFeaturizer1: CountVectorsFeaturizer.create.train(training_data=run_WhitespaceTokenizer0) target
run_CountVectorsFeaturizer1: CountVectorsFeaturizer.load.process_training_data(training_data=run_WhitespaceTokenizer0, resource=train_CountVectorsFeaturizer1)
train_DIETClassifier2: DIETClassifier.create.train(training_data=run_CountVectorsFeaturizer1) target
"""  # noqa: E501

PREDICT_CHAR_ONLY = """
nlu_message_converter: NLUMessageConverter.load.convert_user_message(messages=__message__) eager
run_WhitespaceTokenizer0: WhitespaceTokenizer.load.process(messages=nlu_message_converter) eager
run_CountVectorsFeaturizer1: CountVectorsFeaturizer.load.process(messages=run_WhitespaceTokenizer0) eager from train_CountVectorsFeaturizer1
run_DIETClassifier2: DIETClassifier.load.process(messages=run_CountVectorsFeaturizer1) eager from train_DIETClassifier2
run_RegexMessageHandler: RegexMessageHandler.load.process(messages=run_DIETClassifier2) eager
"""  # noqa: E501


def outline(schema: GraphSchema) -> str:
    """Return a line for each node, with all of it but its config."""
    return "".join(f"{name}: {line(node)}\n" for name, node in schema.nodes.items())


def line(node: SchemaNode) -> str:
    needs = ", ".join(f"{parameter}={parent}" for parameter, parent in node.needs.items())
    marks = [
        f"{node.uses.__name__}.{node.constructor_name}.{node.fn}({needs})",
        *(["eager"] if node.eager else []),
        *(["target"] if node.is_target else []),
        *(["input"] if node.is_input else []),
        *([f"from {node.resource.name}"] if node.resource else []),
    ]
    return " ".join(marks)


def configs(schema: GraphSchema) -> dict[str, object]:
    return {name: node.config for name, node in schema.nodes.items() if node.config}


@pytest.mark.behaviour("2.7/4", "2.7/6", "2.7/9")
@pytest.mark.parametrize("text", ["language: en\n", "pipeline: []\n", "pipeline:\n"])
def test_a_config_without_pipeline_has_the_default_graphs(tmp_path: Path, text: str) -> None:
    configuration = graph_model_configuration(read(tmp_path, text))
    assert outline(configuration.train_schema) == TRAIN_DEFAULT.lstrip()
    assert outline(configuration.predict_schema) == PREDICT_DEFAULT.lstrip()
    assert configs(configuration.train_schema) == {
        "train_CountVectorsFeaturizer4": CHAR_WB,
        "run_CountVectorsFeaturizer4": CHAR_WB,
        "train_DIETClassifier5": DIET,
        "train_ResponseSelector7": DIET,
    }
    assert configs(configuration.predict_schema) == {
        "run_CountVectorsFeaturizer4": CHAR_WB,
        "run_DIETClassifier5": DIET,
        "run_ResponseSelector7": DIET,
        "run_FallbackClassifier8": {"threshold": 0.3, "ambiguity_threshold": 0.1},
    }


@pytest.mark.behaviour("2.7/4", "2.7/6", "1.9/1")
@pytest.mark.shared
def test_the_config_of_the_comparison_has_the_default_graphs_without_their_end(
    shared: Path,
) -> None:
    configuration = graph_model_configuration(read_config(shared / "peers/config.yml"))
    assert outline(configuration.train_schema) == TRAIN_COMPARED.lstrip()
    assert outline(configuration.predict_schema) == PREDICT_COMPARED.lstrip()
    assert configs(configuration.train_schema)["train_DIETClassifier5"] == DIET
    assert configuration.training_type is TrainingType.NLU
    assert configuration.assistant_id == "side-by-side"
    assert configuration.language == "en"
    assert configuration.nlu_target == "run_RegexMessageHandler"
    assert configuration.core_target is None


@pytest.mark.behaviour("2.7/4", "2.7/6")
def test_a_pipeline_of_characters_only_has_graphs_of_its_own(tmp_path: Path) -> None:
    configuration = graph_model_configuration(read(tmp_path, CHAR_ONLY))
    assert outline(configuration.train_schema) == TRAIN_CHAR_ONLY.lstrip()
    assert outline(configuration.predict_schema) == PREDICT_CHAR_ONLY.lstrip()
    assert configs(configuration.predict_schema) == {
        "run_CountVectorsFeaturizer1": CHAR_WB,
        "run_DIETClassifier2": {"entity_recognition": False},
    }
    assert configuration.language == "de"


@pytest.mark.behaviour("2.7/6")
def test_a_message_handler_in_the_pipeline_is_not_added_again(tmp_path: Path) -> None:
    text = CHAR_ONLY + "- name: RegexMessageHandler\n"
    configuration = graph_model_configuration(read(tmp_path, text))
    assert configuration.nlu_target == "run_RegexMessageHandler3"
    assert "run_RegexMessageHandler" not in configuration.predict_schema.nodes
    assert outline(configuration.train_schema) == TRAIN_CHAR_ONLY.lstrip()


@pytest.mark.behaviour("2.7/7")
def test_overrides_reach_every_component_that_knows_them_and_no_other(tmp_path: Path) -> None:
    config = read(tmp_path, CHAR_ONLY)
    before = copy.deepcopy(config.values)
    configuration = graph_model_configuration(config, {"epochs": 3, "random_seed": 7})
    expected = {"entity_recognition": False, "epochs": 3, "random_seed": 7}
    assert configuration.train_schema.nodes["train_DIETClassifier2"].config == expected
    assert configuration.predict_schema.nodes["run_DIETClassifier2"].config == expected
    assert configs(configuration.train_schema)["train_CountVectorsFeaturizer1"] == CHAR_WB
    assert config.values == before
    assert config.components[2].config == {"entity_recognition": False}


def test_nodes_share_no_config(tmp_path: Path) -> None:
    text = CHAR_ONLY + "  hidden_layers_sizes: {text: [8]}\n"
    config = read(tmp_path, text)
    configuration = graph_model_configuration(config)
    configuration.train_schema.nodes["train_DIETClassifier2"].config["hidden_layers_sizes"][
        "text"
    ] = 0
    assert configuration.predict_schema.nodes["run_DIETClassifier2"].config == {
        "entity_recognition": False,
        "hidden_layers_sizes": {"text": [8]},
    }
    assert config.components[2].config["hidden_layers_sizes"] == {"text": [8]}


def test_the_predict_graph_of_one_config_is_always_the_same_to_the_byte(tmp_path: Path) -> None:
    first, second = (graph_model_configuration(read(tmp_path, CHAR_ONLY)) for _ in range(2))
    assert first.predict_schema.as_dict() == second.predict_schema.as_dict()
    read_back = GraphSchema.from_dict(first.predict_schema.as_dict())
    assert read_back == first.predict_schema


OWN_COMPONENT = """
from onnlu_engine import GraphComponent


class Shout(GraphComponent):
    @classmethod
    def create(cls, config, model_storage, resource, execution_context):
        return cls()

    @staticmethod
    def get_default_config():
        return {"loud": True}

    def process_training_data(self, training_data):
        return training_data

    def process(self, messages):
        return messages

    @classmethod
    def required_components(cls):
        from onnlu.components.tokenizer import Tokenizer
        return [Tokenizer]
"""


@pytest.mark.behaviour("2.7/3", "2.7/4")
def test_a_class_of_the_users_own_is_named_by_its_dotted_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_shouting.py").write_text(OWN_COMPONENT, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    text = CHAR_ONLY.replace(
        "- name: DIET", "- name: own_shouting.Shout\n  loud: false\n- name: DIET"
    )
    config = read(tmp_path, text)
    configuration = graph_model_configuration(config)

    node = configuration.train_schema.nodes["run_Shout2"]
    assert (
        line(node)
        == "Shout.create.process_training_data(training_data=run_CountVectorsFeaturizer1)"
    )
    assert node.config == {"loud": False}
    assert configuration.train_schema.nodes["train_DIETClassifier3"].needs == {
        "training_data": "run_Shout2"
    }
    assert configuration.predict_schema.nodes["run_Shout2"].resource is None
    own = custom_components(config)
    assert own == [node.uses]
    assert custom_components(config, ComponentRegistry(own)) == []
    assert configuration.predict_schema.as_dict(ComponentRegistry(own))


TRAIN_VALIDATED = """
nlu_training_data_provider: NLUTrainingDataProvider.create.provide(importer=__importer__) input
nlu_validation_data_provider: NLUTrainingDataProvider.create.provide_validation(importer=__importer__) input
run_WhitespaceTokenizer0: WhitespaceTokenizer.create.process_training_data(training_data=nlu_training_data_provider)
run_WhitespaceTokenizer0_on_validation: WhitespaceTokenizer.create.process_training_data(training_data=nlu_validation_data_provider)
train_CountVectorsFeaturizer1: CountVectorsFeaturizer.create.train(training_data=run_WhitespaceTokenizer0) target
run_CountVectorsFeaturizer1: CountVectorsFeaturizer.load.process_training_data(training_data=run_WhitespaceTokenizer0, resource=train_CountVectorsFeaturizer1)
run_CountVectorsFeaturizer1_on_validation: CountVectorsFeaturizer.load.process_training_data(training_data=run_WhitespaceTokenizer0_on_validation, resource=train_CountVectorsFeaturizer1)
train_DIETClassifier2: DIETClassifier.create.train(training_data=run_CountVectorsFeaturizer1, validation_data=run_CountVectorsFeaturizer1_on_validation) target
"""  # noqa: E501


@pytest.mark.behaviour("2.7/4")
def test_validation_data_pass_through_what_was_learnt_from_training_data(tmp_path: Path) -> None:
    config = read(tmp_path, f"{CHAR_ONLY}train: {{validation_split: 0.1}}\n")
    configuration = graph_model_configuration(config)
    assert outline(configuration.train_schema) == TRAIN_VALIDATED.lstrip()
    assert outline(configuration.predict_schema) == PREDICT_CHAR_ONLY.lstrip()


def test_train_goes_before_the_options_of_components_and_overrides_before_train(
    tmp_path: Path,
) -> None:
    text = f"{CHAR_ONLY}  epochs: 1\n  learning_rate: 0.5\ntrain: {{epochs: 2, batch_size: 8}}\n"
    config = read(tmp_path, text)
    schema = graph_model_configuration(config, {"batch_size": 16, "random_seed": None}).train_schema
    assert schema.nodes["train_DIETClassifier2"].config == {
        "entity_recognition": False,
        "epochs": 2,
        "learning_rate": 0.5,
        "batch_size": 16,
    }


@pytest.mark.behaviour("2.7/4")
def test_a_finetuning_loads_what_it_goes_on_from_and_creates_the_rest(tmp_path: Path) -> None:
    config = read(tmp_path, CHAR_ONLY.rstrip() + "\n- name: KeywordIntentClassifier\n")
    tuned, fresh = (
        graph_model_configuration(config, is_finetuning=finetunes) for finetunes in (True, False)
    )
    constructors = {
        name: node.constructor_name
        for name, node in tuned.train_schema.nodes.items()
        if node.fn == "train"
    }
    assert constructors == {
        "train_CountVectorsFeaturizer1": "load",
        "train_DIETClassifier2": "load",
        "train_KeywordIntentClassifier3": "create",
    }
    assert outline(tuned.train_schema).replace(".load.train(", ".create.train(") == outline(
        fresh.train_schema
    )
    assert outline(tuned.predict_schema) == outline(fresh.predict_schema)
