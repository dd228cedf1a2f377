"""The recipe `graph.v1`: what its graphs are, and what is told of what can do nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnlu.components.whitespace_tokenizer import WhitespaceTokenizer
from onnlu_engine import Resource
from onnlu_train.components.training_data_provider import NLUTrainingDataProvider
from onnlu_train.recipe import custom_components, graph_model_configuration

from ..configs import problems, read
from .small import SMALL


@pytest.mark.behaviour("2.7/11")
def test_the_graphs_are_those_of_the_file(tmp_path: Path) -> None:
    config = read(tmp_path, SMALL)
    configuration = graph_model_configuration(config)
    train, predict = configuration.train_schema.nodes, configuration.predict_schema.nodes
    assert list(train) == ["data", "tokens", "keywords"]
    assert (train["data"].uses, train["data"].fn) == (NLUTrainingDataProvider, "provide")
    assert [name for name, node in train.items() if node.is_input] == ["data"]
    assert configuration.train_schema.target_names == ["keywords"]
    assert train["tokens"].config == {"intent_tokenization_flag": True}
    assert train["keywords"].needs == {"training_data": "tokens"}
    node = predict["run_tokenizer"]
    assert (node.uses, node.constructor_name, node.eager) == (WhitespaceTokenizer, "load", True)
    assert node.resource == Resource("keywords")
    assert node.resource.output_fingerprint == "keywords"
    assert configuration.nlu_target == "run_tokenizer"
    assert (configuration.language, configuration.assistant_id) == ("en", "helper")
    assert config.notices == ()


def test_a_schema_in_a_config_of_a_pipeline_says_which_recipe_it_is_of(tmp_path: Path) -> None:
    found = problems(tmp_path, "recipe: default.v1\ntrain_schema: {}\n")
    assert found == ["2: unknown key 'train_schema'. It belongs to `recipe: graph.v1`."]


def test_skipping_is_told_to_do_nothing(tmp_path: Path) -> None:
    (notice,) = read(tmp_path, SMALL, skip_unsupported=True).notices
    assert notice.startswith("--skip-unsupported does nothing with recipe graph.v1")


OWN_COMPONENT = """
from onnlu_engine import GraphComponent


class Shout(GraphComponent):
    @classmethod
    def create(cls, config, model_storage, resource, execution_context):
        return cls()

    def process(self, messages):
        return messages
"""


def test_a_node_may_use_a_class_of_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_shout.py").write_text(OWN_COMPONENT, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    start, _, end = SMALL.rpartition("uses: WhitespaceTokenizer")
    config = read(tmp_path, f"{start}uses: own_shout.Shout{end}")
    (own,) = custom_components(config)
    assert own.__name__ == "Shout"
    assert graph_model_configuration(config).predict_schema.nodes["run_tokenizer"].uses is own


@pytest.mark.behaviour("2.7/4")
def test_a_finetuning_loads_what_can_be_trained_further(tmp_path: Path) -> None:
    text = SMALL.replace("uses: KeywordIntentClassifier", "uses: CountVectorsFeaturizer")
    for uses, constructor in (("KeywordIntentClassifier", "create"), ("Featurizer", "load")):
        config = read(tmp_path, SMALL if uses.startswith("Keyword") else text)
        tuned = graph_model_configuration(config, is_finetuning=True).train_schema
        assert tuned.nodes["keywords"].constructor_name == constructor
        assert tuned.nodes["tokens"].constructor_name == "create"
    assert (
        config.recipe.graphs({}, is_finetuning=False)
        .train_schema.nodes["keywords"]
        .constructor_name
        == "create"
    )


@pytest.mark.parametrize("line", ["warmup: 0", "random_seed: 0", "warmup: 0.1"])
def test_options_of_nodes_can_do_nothing_under_train_even_as_0(tmp_path: Path, line: str) -> None:
    (found,) = problems(tmp_path, f"{SMALL}train:\n  {line}\n")
    key = line.partition(":")[0]
    assert found.endswith(
        f"'train.{key}' can do nothing here: with graph.v1 it stands in the config of a node"
    )


def test_what_is_not_set_under_train_is_no_problem(tmp_path: Path) -> None:
    config = read(tmp_path, f"{SMALL}train:\n  warmup: null\n  validation_split: 0\n")
    assert config.recipe.inapplicable({"random_seed": 0, "epochs": None}) == {
        "random_seed": "with graph.v1 it stands in the config of a node"
    }
