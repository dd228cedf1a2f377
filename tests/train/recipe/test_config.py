"""Config files: what they hold, and all that may be wrong in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnlu_engine.errors import InvalidConfigException
from onnlu_train.recipe import read_config
from onnlu_train.recipe.default_v1.pipeline import DEFAULT_PIPELINE

from .configs import problems, read


def test_a_config_holds_what_the_file_says(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        """
recipe: default.v1
assistant_id: helper
language: en
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
  min_ngram: 2
policies: []
""",
    )
    assert (config.language, config.assistant_id) == ("en", "helper")
    assert [(i.name, i.config, i.line) for i in config.components] == [
        ("WhitespaceTokenizer", {}, 6),
        ("CountVectorsFeaturizer", {"min_ngram": 2}, 7),
    ]
    assert config.values["pipeline"][1] == {"name": "CountVectorsFeaturizer", "min_ngram": 2}
    assert config.notices == ()


@pytest.mark.behaviour("2.7/1")
def test_what_is_passed_over_or_filled_in_is_told(tmp_path: Path) -> None:
    config = read(tmp_path, "policies:\n- name: TEDPolicy\nimporters: [{name: X}]\n")
    assert [notice.split(":")[0] for notice in config.notices] == [
        "no recipe is named",
        "'policies' is skipped",
        "'importers' is skipped",
        "no pipeline is given",
    ]
    assert [item.name for item in config.components] == [item["name"] for item in DEFAULT_PIPELINE]
    assert config.notices[-1].endswith("the default one is used")
    assert (config.language, config.assistant_id) == (None, None)


@pytest.mark.behaviour("2.7/1", "2.7/3", "2.7/10")
def test_all_problems_of_a_config_are_told_with_their_lines(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """recipe: default.v2
languge: en
assistant_id: [a]
train: 5
pipeline:
- name: WhitespaceTokeniser
- name: SpacyNLP
- name: TEDPolicy
- name: rasa.nlu.classifiers.diet_classifier.DIETClassifier
- name: DIETClassifierOnnx
- name: NLUMessageConverter
- name: no_such_module.Component
- name: pathlib.Path
- WhitespaceTokenizer
- epochs: 3
- name:
- name: DIETClassifier
  epoch: 3
  name2: x
""",
    )
    expected = [
        ("1", "unknown recipe 'default.v2'. Did you mean 'default.v1'?"),
        ("2", "unknown key 'languge'. Did you mean 'language'?"),
        ("3", "'assistant_id' is no text"),
        ("4", "'train' is no mapping; write `key: value` lines below it"),
        ("6", "'WhitespaceTokeniser' is no component. Did you mean 'WhitespaceTokenizer'?"),
        ("7", "'SpacyNLP' of Rasa is not here: it needs spaCy"),
        ("8", "'TEDPolicy' is a policy"),
        ("9", "is a class of Rasa; write `name: DIETClassifier`"),
        ("10", "'DIETClassifierOnnx' stands in exported models only; write `name: DIETClassifier`"),
        ("11", "'NLUMessageConverter' has no method 'process'"),
        ("12", "'no_such_module.Component' cannot be imported (ModuleNotFoundError"),
        ("13", "'pathlib.Path' is no component"),
        ("14", "an item of the pipeline has no name"),
        ("15", "an item of the pipeline has no name"),
        ("16", "an item of the pipeline has no name"),
        ("18", "unknown key 'epoch' of DIETClassifier. Did you mean 'epochs'?"),
        ("19", "unknown key 'name2' of DIETClassifier."),
    ]
    assert len(found) == len(expected)
    for problem, (line, part) in zip(found, expected, strict=True):
        number, _, what = problem.partition(":")
        assert number == line
        assert part in what


@pytest.mark.behaviour("2.7/14")
@pytest.mark.parametrize(
    ("pipeline", "line", "part"),
    [
        (
            ["CountVectorsFeaturizer", "WhitespaceTokenizer"],
            2,
            "Featurizer needs a Tokenizer before it",
        ),
        (
            ["WhitespaceTokenizer", "DIETClassifier"],
            3,
            "needs a Featurizer before it; add one above",
        ),
        (
            ["WhitespaceTokenizer", "RegexFeaturizer", "FallbackClassifier"],
            4,
            "FallbackClassifier needs an IntentClassifier before it; add one above",
        ),
        (
            ["WhitespaceTokenizer", "WhitespaceTokenizer", "RegexFeaturizer"],
            3,
            "WhitespaceTokenizer is a second tokenizer; keep one of them",
        ),
        (
            [
                "WhitespaceTokenizer",
                "RegexFeaturizer, alias: a",
                "LexicalSyntacticFeaturizer, alias: b",
                "CountVectorsFeaturizer, alias: a",
            ],
            5,
            "the item in line 3 has the alias 'a' already; choose another",
        ),
        (
            [
                "WhitespaceTokenizer",
                "RegexFeaturizer, alias: patterns",
                "CountVectorsFeaturizer",
                "DIETClassifier, featurizers: [patterns, run_CountVectorsFeaturizer2, words]",
            ],
            5,
            "no featurizer before DIETClassifier has the name or alias 'words'. "
            "Known are: patterns, run_CountVectorsFeaturizer2.",
        ),
        (
            [
                "WhitespaceTokenizer",
                "RegexFeaturizer",
                "DIETClassifier, featurizers: [words]",
                "CountVectorsFeaturizer, alias: words",
            ],
            4,
            "no featurizer before DIETClassifier has the name or alias 'words'",
        ),
        (["WhitespaceTokenizer"], 2, "no component of the pipeline learns"),
    ],
)
def test_a_pipeline_in_the_wrong_order_is_a_problem(
    tmp_path: Path, pipeline: list[str], line: int, part: str
) -> None:
    items = "".join(f"- {{name: {item}}}\n" for item in pipeline)
    (problem,) = problems(tmp_path, f"pipeline:\n{items}")
    assert problem.startswith(f"{line}: ")
    assert part in problem


SPACY = """
recipe: default.v1
pipeline:
- name: SpacyNLP
  model: en_core_web_md
- name: SpacyTokenizer
  intent_tokenization_flag: true
  spacy_only: 1
- name: SpacyFeaturizer
- name: CountVectorsFeaturizer
- name: DIETClassifier
- name: DucklingEntityExtractor
  url: http://localhost:8000
"""


def test_what_is_not_here_is_skipped_on_request_and_told(tmp_path: Path) -> None:
    assert len(problems(tmp_path, SPACY)) == 4
    config = read_config(tmp_path / "config.yml", skip_unsupported=True)
    assert [(item.name, item.config, item.line) for item in config.components] == [
        ("WhitespaceTokenizer", {"intent_tokenization_flag": True}, 6),
        ("CountVectorsFeaturizer", {}, 10),
        ("DIETClassifier", {}, 11),
    ]
    expected = [
        ("SpacyNLP in line 4 is skipped: it needs spaCy", "leave it out"),
        ("SpacyTokenizer in line 6 is replaced by WhitespaceTokenizer: it needs spaCy", ""),
        (
            "SpacyFeaturizer in line 9 is skipped: it needs spaCy",
            "Use WordVectorsFeaturizer in its place",
        ),
        ("DucklingEntityExtractor in line 12 is skipped: it asks", "ask the server"),
    ]
    assert len(config.notices) == len(expected)
    for notice, (start, part) in zip(config.notices, expected, strict=True):
        assert notice.startswith(start)
        assert part in notice


@pytest.mark.parametrize(
    ("pipeline", "line", "problem"),
    [
        (
            ["JiebaTokenizer", "CountVectorsFeaturizer", "DIETClassifier"],
            3,
            "CountVectorsFeaturizer needs a Tokenizer before it; add one above "
            "(skipped: JiebaTokenizer)",
        ),
        (
            [
                *("WhitespaceTokenizer", "CountVectorsFeaturizer", "SklearnIntentClassifier"),
                "FallbackClassifier",
            ],
            5,
            "FallbackClassifier needs an IntentClassifier before it; add one above "
            "(skipped: SklearnIntentClassifier)",
        ),
        (
            ["WhitespaceTokenizer", "SpacyTokenizer", "RegexFeaturizer"],
            3,
            "WhitespaceTokenizer is a second tokenizer; keep one of them",
        ),
        (
            ["SpacyTokenizer", "CRFEntityExtractor"],
            2,
            "no component of the pipeline learns; add one that does, as DIETClassifier "
            "(skipped: CRFEntityExtractor)",
        ),
        (["WhitespaceTokeniser"], 2, "'WhitespaceTokeniser' is no component. Did you mean"),
    ],
)
def test_what_skipping_cannot_mend_is_a_problem(
    tmp_path: Path, pipeline: list[str], line: int, problem: str
) -> None:
    items = "".join(f"- name: {item}\n" for item in pipeline)
    found = problems(tmp_path, f"pipeline:\n{items}", skip_unsupported=True)
    assert found[0].startswith(f"{line}: {problem}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n", "is no mapping; write at least"),
        ("", "is no mapping; write at least"),
        ("a: [", "1: is not valid YAML"),
        ("language: en\nlanguage: de\n", "2: the key 'language' stands twice"),
        ("pipeline: WhitespaceTokenizer\n", "1: 'pipeline' is no list"),
    ],
)
def test_a_file_that_is_no_config_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    found = problems(tmp_path, text)
    assert any(expected in problem for problem in found)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigException, match=r"config\.yml: cannot be read: No such file"):
        read_config(tmp_path / "config.yml")
