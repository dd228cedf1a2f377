"""Data that nothing reads, and extractors that compete, as `trainer validate` finds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnlu_train.validation.findings import Finding, Kind, Severity
from onnlu_train.validation.validating import validate

DIET = "DIETClassifier, epochs: 1"
DATA = """version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
    - hi there
- intent: travel
  examples: |
    - go to [oslo](city)
    - leave [rome](city)
"""
EXTRA = {
    "regexes": "- regex: zip\n  examples: |\n    - \\d{5}\n",
    "lookup tables": "- lookup: city\n  examples: |\n    - oslo\n",
    "synonyms": "- synonym: rome\n  examples: |\n    - roma\n",
    "retrieval intents": "- intent: faq/name\n  examples: |\n    - who are you\n    - your name\n",
}


def found(folder: Path, components: list[str], data: str, kind: Kind) -> list[Finding]:
    items = ["WhitespaceTokenizer", "CountVectorsFeaturizer", *components]
    config, nlu = folder / "config.yml", folder / "nlu.yml"
    pipeline = "".join(f"- {{name: {item}}}\n" for item in items)
    config.write_text(f"recipe: default.v1\nlanguage: en\npipeline:\n{pipeline}", encoding="utf-8")
    nlu.write_text(data, encoding="utf-8")
    return [finding for finding in validate(config, [nlu]).findings if finding.kind is kind]


@pytest.mark.behaviour("2.7/14")
@pytest.mark.parametrize(
    ("part", "reader", "remedy"),
    [
        ("regexes", "RegexFeaturizer", "add RegexFeaturizer or RegexEntityExtractor with `use_r"),
        ("lookup tables", "RegexFeaturizer", "add RegexFeaturizer or RegexEntityExtractor with"),
        ("lookup tables", "RegexEntityExtractor", "add RegexFeaturizer or RegexEntityExtractor"),
        ("synonyms", "EntitySynonymMapper", "add EntitySynonymMapper to the config"),
        ("retrieval intents", "ResponseSelector, epochs: 1", "add ResponseSelector to the config"),
    ],
)
def test_a_part_of_the_data_that_nothing_reads_is_told(
    tmp_path: Path, part: str, reader: str, remedy: str
) -> None:
    data = DATA + EXTRA[part]
    (finding,) = found(tmp_path, [DIET], data, Kind.UNREAD_DATA)
    assert finding.message == f"the data have {part}, and no component of the config reads them"
    assert finding.remedy.startswith(remedy)
    assert finding.severity is Severity.WARNING
    before = [DIET] if reader.startswith(("Entity", "Response")) else []
    after = [] if before else [DIET]
    assert found(tmp_path, [*before, reader, *after], data, Kind.UNREAD_DATA) == []


@pytest.mark.behaviour("2.7/14")
def test_an_option_that_is_off_reads_nothing(tmp_path: Path) -> None:
    data = DATA + EXTRA["regexes"]
    off = "RegexFeaturizer, use_regexes: false"
    (finding,) = found(tmp_path, [off, DIET], data, Kind.UNREAD_DATA)
    assert "have regexes" in finding.message
    (finding,) = found(tmp_path, [f"{DIET}, entity_recognition: false"], DATA, Kind.UNREAD_DATA)
    assert "have entities" in finding.message


@pytest.mark.behaviour("2.7/14")
def test_extractors_that_compete_are_told(tmp_path: Path) -> None:
    def competing(components: list[str], data: str = DATA) -> list[str]:
        return [f.message for f in found(tmp_path, components, data, Kind.COMPETING_EXTRACTORS)]

    assert competing([DIET]) == []
    assert competing([DIET, f"{DIET}, entity_recognition: false"]) == []
    (message,) = competing([DIET, DIET])
    assert message.startswith("several components learn to find entities")

    lookup = DATA + EXTRA["lookup tables"]
    (message,) = competing([DIET, "RegexEntityExtractor"], lookup)
    assert message == "RegexEntityExtractor and a component that learns both find: city"
    assert competing([DIET, "RegexEntityExtractor"], DATA + EXTRA["regexes"]) == []
    assert competing(["RegexEntityExtractor", "KeywordIntentClassifier"], lookup) == []


OWN = """
from onnlu.components.regex_featurizer import RegexFeaturizer


class OwnFeaturizer(RegexFeaturizer):
    pass
"""


def test_what_components_of_others_read_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_reader.py").write_text(OWN, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    data = DATA + EXTRA["synonyms"]
    assert found(tmp_path, [DIET], data, Kind.UNREAD_DATA)
    own = "own_reader.OwnFeaturizer"
    assert found(tmp_path, [own, DIET], data, Kind.UNREAD_DATA) == []
