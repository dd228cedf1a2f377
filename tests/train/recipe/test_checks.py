"""The graphs of configs are checked before anything of them runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from onnlu_engine.errors import GraphSchemaValidationException, InvalidConfigException
from onnlu_engine.training import LocalTrainingCache
from onnlu_train.fit import Fit, FitOptions
from onnlu_train.recipe import (
    Config,
    check_graphs,
    graph_model_configuration,
    option_problems,
    read_config,
)
from onnlu_train.recipe.default_v1.pipeline import DEFAULT_PIPELINE
from onnlu_train.validation.validating import validate

CHECKOUT = Path(__file__).parents[3]
CONFIGS = [
    CHECKOUT / "examples" / "concierge" / "config.yml",
    CHECKOUT / "tests" / "tiny_project" / "config.yml",
    CHECKOUT / "tests" / "rasa_project" / "config.yml",
    CHECKOUT / "train" / "onnlu_train" / "cli" / "template" / "config.yml",
]
WRONG_GRAPHS = """recipe: graph.v1
language: zh
nlu_target: parse
train_schema:
  nodes:
    data:
      needs: {importer: __importer__}
      uses: NLUTrainingDataProvider
      constructor_name: create
      fn: provide
      config: {}
    keywords:
      needs: {training_data: data}
      uses: KeywordIntentClassifier
      constructor_name: create
      fn: train
      config: {}
      is_target: true
    tokens:
      needs: {training_data: keywords}
      uses: WhitespaceTokenizer
      constructor_name: create
      fn: process_training_data
      config: {}
predict_schema:
  nodes:
    parse:
      needs: {messages: __message__}
      uses: WhitespaceTokenizer
      constructor_name: load
      fn: process
      config: {}
      eager: true
"""
PROBLEMS = [
    "train graph, node 'tokens', parameter 'training_data': WhitespaceTokenizer."
    "process_training_data takes TrainingData, and 'keywords' gives Resource. Take TrainingData "
    "from 'data'.",
    "train graph, node 'tokens': WhitespaceTokenizer is not for 'zh'; nor for any of 'ja', 'th', "
    "'zh'. Use another component, or correct `language`.",
    "predict graph, node 'parse': WhitespaceTokenizer is not for 'zh'; nor for any of 'ja', 'th', "
    "'zh'. Use another component, or correct `language`.",
]


def check(config: Config) -> None:
    for overrides in ({}, {"validation_split": 0.2}):
        for is_finetuning in (False, True):
            check_graphs(graph_model_configuration(config, overrides, is_finetuning=is_finetuning))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.parent.name)
def test_the_graphs_of_every_config_here_pass(path: Path) -> None:
    check(read_config(path, skip_unsupported=True))


def test_the_graphs_of_the_default_pipeline_pass(tmp_path: Path) -> None:
    (tmp_path / "config.yml").write_text("recipe: default.v1\nlanguage: en\n")
    config = read_config(tmp_path / "config.yml")
    assert len(config.components) == len(DEFAULT_PIPELINE)
    check(config)


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "config.yml"
    path.write_text(WRONG_GRAPHS)
    return path


@pytest.mark.behaviour("2.6/11", "2.6/3")
def test_a_fit_refuses_graphs_that_cannot_run(wrong: Path, tiny_project: Path) -> None:
    out = wrong.with_name("model")
    with pytest.raises(GraphSchemaValidationException) as raised:
        Fit(FitOptions(wrong, [tiny_project / "nlu.yml"], out, device="cpu"))
    assert str(raised.value).splitlines() == PROBLEMS
    assert not out.exists()


def test_problems_of_graphs_and_of_data_come_together(wrong: Path) -> None:
    data = wrong.with_name("nlu.yml")
    data.write_text("nlu:\n- intnet: greet\n")
    with pytest.raises(InvalidConfigException) as raised:
        Fit(FitOptions(wrong, [data], wrong.with_name("model"), device="cpu"))
    lines = str(raised.value).splitlines()
    assert lines[: len(PROBLEMS)] == PROBLEMS
    assert all(line.startswith(str(data)) for line in lines[len(PROBLEMS) :])
    assert len(lines) > len(PROBLEMS)


def test_problems_of_graphs_and_of_options_come_together(wrong: Path, tiny_project: Path) -> None:
    train = "fn: train\n      config: {}"
    wrong.write_text(WRONG_GRAPHS.replace(train, train.replace("{}", "{case_sensitive: 1}")))
    data, cache = [tiny_project / "nlu.yml"], LocalTrainingCache(wrong.with_name("cache"), 1)
    with pytest.raises(InvalidConfigException) as raised:
        Fit(FitOptions(wrong, data, wrong.with_name("model"), cache=cache))
    *of_graphs, of_options = str(raised.value).splitlines()
    assert of_graphs == PROBLEMS
    assert of_options.startswith(f"{wrong}: KeywordIntentClassifier: 'case_sensitive' must be")


OWN = """
from onnlu.training_data import TrainingData
from onnlu_engine import GraphComponent, Resource


class Sums(GraphComponent):
    @classmethod
    def create(cls, execution_context, *, resource, model_storage, config):
        assert isinstance(config, dict)
        return cls()

    def run(self, training_data: TrainingData) -> TrainingData:
        return training_data


class Fed(GraphComponent):
    @classmethod
    def create(cls, config, model_storage, resource, execution_context, sums: TrainingData):
        return cls(sums.examples)

    def __init__(self, examples):
        self.examples = examples

    def train(self) -> Resource:
        raise AssertionError("never runs here")


class Writer(Sums):
    @classmethod
    def create(cls, config, model_storage, resource, execution_context):
        with model_storage.write_to(resource) as folder:
            (folder / "begun").write_text("")
        return cls()


class Reader(Sums):
    @classmethod
    def create(cls, config, model_storage, resource, execution_context):
        with model_storage.read_from(resource):
            return cls()


class Broken(Sums):
    @classmethod
    def create(cls, config, model_storage, resource, execution_context):
        return {}["a key"]
"""
OWN_GRAPHS = """recipe: graph.v1
language: en
nlu_target: parse
train_schema:
  nodes:
    data: {needs: {importer: __importer__}, uses: NLUTrainingDataProvider,
           constructor_name: create, fn: provide, config: {}}
    sums: {needs: {training_data: data}, uses: own_nodes.Sums,
           constructor_name: create, fn: run, config: {}}
    fed: {needs: {sums: sums}, uses: own_nodes.Fed, constructor_name: create, fn: train,
          config: {}, is_target: true}
predict_schema:
  nodes:
    parse: {needs: {messages: __message__}, uses: RegexMessageHandler, constructor_name: load,
            fn: process, config: {}}
"""


@pytest.fixture
def own_graphs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "own_nodes.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "config.yml"
    path.write_text(OWN_GRAPHS)
    return path


@pytest.mark.parametrize("uses", ["Sums", "Writer", "Reader"])
def test_a_graph_is_not_refused_for_what_only_its_run_can_give(own_graphs: Path, uses: str) -> None:
    own_graphs.write_text(OWN_GRAPHS.replace("own_nodes.Sums", f"own_nodes.{uses}"))
    configuration = graph_model_configuration(read_config(own_graphs))
    check_graphs(configuration)
    assert option_problems(configuration) == []


def test_a_component_that_cannot_be_built_is_told_with_its_node(own_graphs: Path) -> None:
    own_graphs.write_text(OWN_GRAPHS.replace("own_nodes.Sums", "own_nodes.Broken"))
    assert option_problems(graph_model_configuration(read_config(own_graphs))) == [
        "node 'sums': Broken cannot be built: KeyError: 'a key'. Correct its options, or mend the "
        "class."
    ]


def test_validating_a_config_finds_what_is_wrong_in_its_graphs(
    wrong: Path, tiny_project: Path
) -> None:
    found = validate(wrong, [tiny_project / "nlu.yml"])
    assert [f"{one.message}. {one.remedy}" for one in found.findings[:3]] == PROBLEMS
    assert not found.passes()


def test_checking_graphs_needs_no_tensorflow_of_its_own() -> None:
    code = (
        "import sys, onnlu_train.recipe.interface, onnlu_engine.validation;"
        "sys.exit('tensorflow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
