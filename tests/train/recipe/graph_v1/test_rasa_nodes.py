"""Graphs as Rasa 3.6 writes them: what is of NLU stays."""

from __future__ import annotations

from pathlib import Path

from onnlu_train.recipe import graph_model_configuration, named_components

from ..configs import read


def of_rasa(schema: str, name: str, uses: str, needs: str, fn: str, more: str = "") -> str:
    return f"""    {name}:
      needs: {needs}
      uses: rasa.{uses}
      constructor_name: {"load" if schema == "predict" else "create"}
      fn: {fn}
      config: {{{more}}}
      eager: {str(schema == "predict").lower()}
      is_target: {str(fn == "train").lower()}
      is_input: false
      resource: null
"""


RASA = (
    """recipe: graph.v1
language: en
core_target: select_prediction
nlu_target: run_RegexMessageHandler
train_schema:
  nodes:
"""
    + of_rasa(
        "train",
        "schema_validator",
        "graph_components.validators.default_recipe_validator.DefaultV1RecipeValidator",
        "{importer: __importer__}",
        "validate",
    )
    + of_rasa(
        "train",
        "finetuning_validator",
        "graph_components.validators.finetuning_validator.FinetuningValidator",
        "{importer: schema_validator}",
        "validate",
        "validate_core: true",
    )
    + of_rasa(
        "train",
        "nlu_training_data_provider",
        "graph_components.providers.nlu_training_data_provider.NLUTrainingDataProvider",
        "{importer: finetuning_validator}",
        "provide",
        "language: en, persist: false",
    )
    + of_rasa(
        "train",
        "train_KeywordIntentClassifier0",
        "nlu.classifiers.keyword_intent_classifier.KeywordIntentClassifier",
        "{training_data: nlu_training_data_provider}",
        "train",
    )
    + of_rasa(
        "train",
        "domain_provider",
        "graph_components.providers.domain_provider.DomainProvider",
        "{importer: finetuning_validator}",
        "provide_train",
    )
    + of_rasa(
        "train",
        "train_TEDPolicy0",
        "core.policies.ted_policy.TEDPolicy",
        "{domain: domain_provider}",
        "train",
    )
    + "predict_schema:\n  nodes:\n"
    + of_rasa(
        "predict",
        "nlu_message_converter",
        "graph_components.converters.nlu_message_converter.NLUMessageConverter",
        "{messages: __message__}",
        "convert_user_message",
    )
    + of_rasa(
        "predict",
        "run_KeywordIntentClassifier0",
        "nlu.classifiers.keyword_intent_classifier.KeywordIntentClassifier",
        "{messages: nlu_message_converter}",
        "process",
    )
    + of_rasa(
        "predict",
        "domain_provider",
        "graph_components.providers.domain_provider.DomainProvider",
        "{}",
        "provide_inference",
    )
    + of_rasa(
        "predict",
        "run_RegexMessageHandler",
        "nlu.classifiers.regex_message_handler.RegexMessageHandler",
        "{messages: run_KeywordIntentClassifier0, domain: domain_provider}",
        "process",
    )
)


def test_the_graphs_of_rasa_keep_what_is_of_nlu(tmp_path: Path) -> None:
    config = read(tmp_path, RASA)
    configuration = graph_model_configuration(config)
    assert {name: node.needs for name, node in configuration.train_schema.nodes.items()} == {
        "nlu_training_data_provider": {"importer": "__importer__"},
        "train_KeywordIntentClassifier0": {"training_data": "nlu_training_data_provider"},
    }
    assert {name: node.needs for name, node in configuration.predict_schema.nodes.items()} == {
        "nlu_message_converter": {"messages": "__message__"},
        "run_KeywordIntentClassifier0": {"messages": "nlu_message_converter"},
        "run_RegexMessageHandler": {"messages": "run_KeywordIntentClassifier0"},
    }
    assert [notice.split(": ")[0] for notice in config.notices] == [
        "'core_target' is skipped",
        "nodes of train_schema are skipped, as dialogue is not trained here",
        "nodes of predict_schema are skipped, as dialogue is not trained here",
    ]
    assert "domain_provider, train_TEDPolicy0" in config.notices[1]
    assert [named.name for named in named_components(config.path)] == [
        *("NLUTrainingDataProvider", "KeywordIntentClassifier", "NLUMessageConverter"),
        "RegexMessageHandler",
    ]
