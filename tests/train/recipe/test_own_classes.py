"""Classes of the user's own, and the names that a model gives them."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnlu.components.whitespace_tokenizer import WhitespaceTokenizer as Base
from onnlu_train.recipe import custom_components

from .configs import problems, read

SPLITTER = """
from onnlu.components.whitespace_tokenizer import WhitespaceTokenizer as Base


class {name}(Base):
    pass
"""


@pytest.fixture
def own_splitters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in (("one", "Splitter"), ("two", "Splitter"), ("three", Base.__name__)):
        (tmp_path / f"own_{module}.py").write_text(SPLITTER.format(name=name), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)


def own_pipeline(*names: str) -> str:
    items = "".join(f"- name: {name}\n" for name in names)
    return f"recipe: default.v1\nlanguage: en\npipeline:\n{items}- name: KeywordIntentClassifier\n"


@pytest.mark.behaviour("2.7/2")
@pytest.mark.usefixtures("own_splitters")
def test_a_class_of_a_registered_name_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, own_pipeline(f"own_three.{Base.__name__}")) == [
        "4: a model names the class 'own_three.WhitespaceTokenizer' 'WhitespaceTokenizer', "
        "which is registered for another component; rename the class"
    ]


@pytest.mark.behaviour("2.7/2")
@pytest.mark.usefixtures("own_splitters")
def test_two_classes_of_one_name_are_refused_by_both_paths(tmp_path: Path) -> None:
    assert (
        "5: a model names the class 'own_two.Splitter' 'Splitter', as it does "
        "'own_one.Splitter' of line 4; rename one of them"
    ) in problems(tmp_path, own_pipeline("own_one.Splitter", "own_two.Splitter"))


def test_a_registered_class_may_be_named_by_its_path(tmp_path: Path) -> None:
    path = f"{Base.__module__}.{Base.__name__}"
    config = read(tmp_path, own_pipeline(path))
    assert config.components[0].component is Base
    assert custom_components(config) == []
