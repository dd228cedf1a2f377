"""Problems of schemas, each with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnlu_engine import Resource
from onnlu_engine.errors import InvalidConfigException
from onnlu_train.recipe import graph_model_configuration, read_config

from ..configs import problems, read
from .small import SMALL


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
