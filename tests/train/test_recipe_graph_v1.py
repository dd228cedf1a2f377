"""Configs that hold the graphs themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onnlu.components.whitespace_tokenizer import WhitespaceTokenizer
from onnlu_engine import Resource
from onnlu_engine.errors import InvalidConfigException
from onnlu_train.components.diet_classifier import DIETClassifier
from onnlu_train.components.training_data_provider import NLUTrainingDataProvider
from onnlu_train.fit import Fit, FitOptions
from onnlu_train.recipe import (
    Config,
    custom_components,
    graph_model_configuration,
    named_components,
    read_config,
)
from onnlu_train.validation.validating import validate

SMALL = """recipe: graph.v1
language: en
assistant_id: helper
nlu_target: run_tokenizer
train_schema:
  nodes:
    data:
      needs: {importer: __importer__}
      uses: NLUTrainingDataProvider
      constructor_name: create
      fn: provide
      config: {}
      is_input: true
    tokens:
      needs: {training_data: data}
      uses: WhitespaceTokenizer
      constructor_name: create
      fn: process_training_data
      config:
        intent_tokenization_flag: true
    keywords:
      needs: {training_data: tokens}
      uses: KeywordIntentClassifier
      constructor_name: create
      fn: train
      config:
      is_target: true
predict_schema:
  nodes:
    run_tokenizer:
      needs: {messages: __message__}
      uses: WhitespaceTokenizer
      constructor_name: load
      fn: process
      config: {}
      eager: true
      resource: {name: keywords}
"""


def read(folder: Path, text: str, **options: Any) -> Config:
    file = folder / "config.yml"
    file.write_text(text, encoding="utf-8")
    return read_config(file, **options)


def problems(folder: Path, text: str) -> list[str]:
    """Return the problems of a config, without the path."""
    with pytest.raises(InvalidConfigException) as error:
        read(folder, text)
    return [line.removeprefix(f"{folder}/config.yml:") for line in str(error.value).split("\n")]


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


@pytest.mark.behaviour("2.7/11")
def test_all_problems_of_the_graphs_are_told_with_their_lines(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """recipe: graph.v1
pipeline: []
nlu_target: run_keywords
train:
  epochs: 3
  validation_split: 0.1
train_schema:
  nods: 1
  nodes:
    data:
      need: {}
      needs: {importer: __message__}
      uses: NLUTrainingDataProvidr
      constructor_name: create
      fn: provide
      config: {}
    tokens:
      needs: {training_data: dat, other: [1]}
      uses: WhitespaceTokenizer
      constructor_name: creat
      fn: process_training_date
      config: {token_patern: a}
      is_target: perhaps
      resource: {nme: a}
    nothing:
    bare: {}
    taggers:
      needs: 3
      uses: rasa.nlu.extractors.crf_entity_extractor.CRFEntityExtractor
      constructor_name: [a]
      fn: train
      config: [1]
predict_schema:
  nodes:
    run_keyword:
      needs: {}
      uses: DIETClassifierOnnx
      constructor_name: load
      fn: process
      config: {}
    own:
      needs: {}
      uses: no_such_module.Component
      constructor_name: load
      fn: process
      config: {}
""",
    )
    expected = [
        ("2", "unknown key 'pipeline'. It belongs to `recipe: default.v1`."),
        ("5", "'train.epochs' can do nothing here: with graph.v1 it stands in the config of a"),
        ("6", "'train.validation_split' can do nothing here: no node of train_schema runs"),
        ("7", "no node of train_schema is a target; set `is_target: true`"),
        ("8", "unknown key 'nods' of train_schema. Did you mean 'nodes'?"),
        ("11", "unknown key 'need' of node 'data'. Did you mean 'needs'?"),
        ("12", "node 'data' needs '__message__', and there is no such node, for its parameter"),
        ("13", "'NLUTrainingDataProvidr' is no component. Did you mean 'NLUTrainingDataProvider'?"),
        ("18", "node 'tokens' needs 'dat', and there is no such node, for its parameter "
        "'training_data'. Did you mean 'data'?"),
        ("18", "node 'tokens' needs no node, for its parameter 'other'"),
        ("20", "WhitespaceTokenizer has no method 'creat'. Did you mean 'create'?"),
        ("21", "has no method 'process_training_date'. Did you mean 'process_training_data'?"),
        ("22", "unknown key 'token_patern' of WhitespaceTokenizer. Did you mean 'token_pattern'?"),
        ("23", "'is_target' of node 'tokens' must be true or false, not 'perhaps'"),
        ("24", "unknown key 'nme' of the resource of node 'tokens'. Did you mean 'name'?"),
        ("24", "the resource of node 'tokens' must be `name:` with the name of a train node"),
        ("25", "node 'nothing' is no mapping"),
        *(
            ("26", f"node 'bare' lacks the key '{key}'; add it")
            for key in ("needs", "uses", "constructor_name", "fn", "config")
        ),
        ("28", "'needs' of node 'taggers' is no mapping"),
        ("29", "'CRFEntityExtractor' of Rasa is not here: it needs sklearn-crfsuite"),
        ("30", "'constructor_name' of node 'taggers' is no text; write one word"),
        ("32", "'config' of node 'taggers' is no mapping"),
        ("37", "'DIETClassifierOnnx' stands in exported models only; write `uses: DIETClassifier`"),
        ("43", "'no_such_module.Component' cannot be imported (ModuleNotFoundError"),
    ]  # fmt: skip
    assert len(found) == len(expected), "\n".join(found)
    for problem, (line, part) in zip(found, expected, strict=True):
        number, _, what = problem.partition(":")
        assert number == line
        assert part in what


@pytest.mark.behaviour("2.7/11")
@pytest.mark.parametrize(
    ("old", "new", "place", "problem"),
    [
        ("nlu_target: run_tokenizer\n", "", "", "'nlu_target' is missing"),
        (
            "nlu_target: run_",
            "nlu_target: rn_",
            ":4",
            "predict_schema has no node 'rn_tokenizer'. ",
        ),
        ("      is_target: true\n", "", ":5", "no node of train_schema is a target"),
        ("predict_schema:", "predict_scheme:", "", "'predict_schema' has no nodes; write `nodes:`"),
        (SMALL[SMALL.index("train_schema:") :], "train_schema: {}", ":5", "'train_schema' has no"),
    ],
)
def test_what_is_missing_is_told(
    tmp_path: Path, old: str, new: str, place: str, problem: str
) -> None:
    assert old in SMALL
    (tmp_path / "config.yml").write_text(SMALL.replace(old, new), encoding="utf-8")
    with pytest.raises(InvalidConfigException) as raised:
        read_config(tmp_path / "config.yml")
    assert f"config.yml{place}: {problem}" in str(raised.value)


def test_a_schema_in_a_config_of_a_pipeline_says_which_recipe_it_is_of(tmp_path: Path) -> None:
    found = problems(tmp_path, "recipe: default.v1\ntrain_schema: {}\n")
    assert found == ["2: unknown key 'train_schema'. It belongs to `recipe: graph.v1`."]


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


@pytest.mark.behaviour("2.7/11")
def test_a_resource_that_no_train_node_persists_is_told_with_the_nearest(tmp_path: Path) -> None:
    text = SMALL.replace("{name: keywords}", "{name: kewyords}")
    line = text.splitlines().index("      resource: {name: kewyords}") + 1
    assert problems(tmp_path, text) == [
        f"{line}: node 'run_tokenizer' has the resource 'kewyords', and no node of train_schema "
        "persists it. Did you mean 'keywords'?"
    ]


def test_a_resource_may_be_one_that_a_train_node_names(tmp_path: Path) -> None:
    start, target, end = SMALL.partition("      is_target: true\n")
    text = f"{start}{target}      resource: {{name: words}}\n{end}"
    config = read(tmp_path, text.replace("{name: keywords}", "{name: words}"))
    predict = graph_model_configuration(config).predict_schema
    assert predict.nodes["run_tokenizer"].resource == Resource("words")


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


def written_out(config: Path, folder: Path) -> Path:
    """Write the graphs of a config as a config of their own; JSON is YAML."""
    read_ = read_config(config)
    configuration = graph_model_configuration(read_)
    graphs = {
        "recipe": "graph.v1",
        "language": configuration.language,
        "nlu_target": configuration.nlu_target,
        "train_schema": configuration.train_schema.as_dict(),
        "predict_schema": configuration.predict_schema.as_dict(),
    }
    file = folder / "graphs.yml"
    file.write_text(json.dumps(graphs, indent=1), encoding="utf-8")
    return file


def contents(model: Path) -> dict[str, bytes]:
    folder = model / "components"
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.behaviour("2.7/11")
def test_the_graphs_of_a_pipeline_written_out_train_the_same_model(
    tiny_project: Path, trained_model: Path, tmp_path: Path
) -> None:
    data = tiny_project / "nlu.yml"
    config = written_out(tiny_project / "config.yml", tmp_path)
    out = tmp_path / "model"
    fit = Fit(FitOptions(config, [data], out, overrides={"epochs": 1}, device="cpu"))
    assert fit.notices == ("'epochs' is skipped: with graph.v1 it stands in the config of a node",)
    fit.run()
    assert contents(out) == contents(trained_model)
    ours, theirs = (
        json.loads((model / "manifest.json").read_text()) for model in (out, trained_model)
    )
    for key in ("train_schema", "predict_schema", "nlu_target", "labels", "sparse_feature_sizes"):
        assert ours[key] == theirs[key]


def test_the_options_of_every_node_are_validated(tmp_path: Path, tiny_project: Path) -> None:
    config = written_out(tiny_project / "config.yml", tmp_path)
    config.write_text(
        config.read_text().replace('"transformer_size": 16', '"transformer_size": 17', 1)
    )
    found = validate(config, [tiny_project / "nlu.yml"])
    (finding,) = [f for f in found.findings if "transformer_size" in f.message]
    assert not found.passes()
    lines = config.read_text().splitlines()
    assert '"train_DIETClassifier3": {' in lines[finding.line - 1]
    assert DIETClassifier.__name__ in [component.name for component in found.components]
