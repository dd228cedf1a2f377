from __future__ import annotations

import pytest

from onnlu_engine.registry import ComponentRegistry
from onnlu_train.recipe.support import ComponentSupport, SupportStatus, component_support

# Every component that the pipeline of Rasa 3.6 may name.
RASA = [
    *("SpacyNLP", "SpacyTokenizer", "SpacyFeaturizer", "SpacyEntityExtractor", "MitieNLP"),
    *("MitieTokenizer", "MitieFeaturizer", "MitieEntityExtractor", "MitieIntentClassifier"),
    *("JiebaTokenizer", "WhitespaceTokenizer", "ConveRTFeaturizer", "LanguageModelFeaturizer"),
    *("RegexFeaturizer", "LexicalSyntacticFeaturizer", "CountVectorsFeaturizer", "DIETClassifier"),
    *("FallbackClassifier", "KeywordIntentClassifier", "LogisticRegressionClassifier"),
    *("SklearnIntentClassifier", "CRFEntityExtractor", "DucklingEntityExtractor"),
    *("EntitySynonymMapper", "RegexEntityExtractor", "ResponseSelector"),
]


@pytest.mark.parametrize("name", RASA)
def test_every_component_of_rasa_is_known_and_every_counterpart_is_here(name: str) -> None:
    found = component_support(name)
    assert found.status is not SupportStatus.UNKNOWN
    assert (found.status is SupportStatus.SUPPORTED) is (found.remark == "")
    if found.counterpart:
        assert component_support(found.counterpart).status is SupportStatus.SUPPORTED


def test_what_is_installed_is_supported() -> None:
    assert component_support("DIETClassifier") == ComponentSupport(SupportStatus.SUPPORTED)


def test_what_is_not_here_says_why_and_what_to_use() -> None:
    found = component_support("SpacyTokenizer")
    assert found.status is SupportStatus.COUNTERPART
    assert (found.counterpart, found.remark) == ("WhitespaceTokenizer", "needs spaCy")


def test_what_has_no_counterpart_says_why() -> None:
    found = component_support("DucklingEntityExtractor")
    assert (found.status, found.counterpart) == (SupportStatus.ABSENT, None)
    assert "asks a Duckling server" in found.remark


@pytest.mark.parametrize(
    ("name", "remark"),
    [
        ("DietClassifier", "is no component. Did you mean 'DIETClassifier'?"),
        ("SpacyFeaturiser", "is no component. Did you mean 'SpacyFeaturizer'?"),
        ("rasa.nlu.x.Y", "is a class of Rasa; write `name: Y`"),
    ],
)
def test_an_unknown_name_says_what_to_write(name: str, remark: str) -> None:
    assert component_support(name) == ComponentSupport(SupportStatus.UNKNOWN, remark=remark)


def test_a_dotted_path_is_a_class_of_the_users_own() -> None:
    assert component_support("mine.Shout").status is SupportStatus.SUPPORTED


def test_a_component_that_a_package_registers_is_supported() -> None:
    component = ComponentRegistry().resolve("EntitySynonymMapper")
    own = type("JiebaTokenizer", (component,), {})
    registry = ComponentRegistry([own])
    assert component_support("JiebaTokenizer", registry).status is SupportStatus.SUPPORTED
    assert component_support("JiebaTokenizer").status is SupportStatus.ABSENT
