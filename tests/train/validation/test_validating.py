from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onnlu_train.data import read_training_data
from onnlu_train.tensorflow_setup import automatic_device
from onnlu_train.validation.findings import Finding, Kind, Severity
from onnlu_train.validation.near_duplicates import normalised
from onnlu_train.validation.validating import Validation, validate

HEAD = 'version: "3.1"\nnlu:\n'
PIPELINE = """recipe: default.v1
language: en
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: DIETClassifier
"""
GOOD = (
    HEAD
    + "- intent: greet\n  examples: |\n"
    + "".join(f"    - {text}\n" for text in ("hello", "hi", "good morning", "hey", "howdy"))
    + "- intent: leave\n  examples: |\n"
    + "".join(f"    - {text}\n" for text in ("bye", "see you", "good night", "ciao", "farewell"))
)


def check(
    folder: Path,
    nlu: str = GOOD,
    config: str = PIPELINE,
    against: str | None = None,
    **options: Any,
) -> Validation:
    for name, text in (("config", config), ("nlu", nlu), ("test", against)):
        if text is not None:
            (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return validate(
        folder / "config.yml",
        [folder / "nlu.yml"],
        [] if against is None else [folder / "test.yml"],
        **options,
    )


def of_kind(validation: Validation, kind: Kind) -> list[Finding]:
    return [finding for finding in validation.findings if finding.kind is kind]


def only(validation: Validation, kind: Kind) -> Finding:
    (finding,) = of_kind(validation, kind)
    return finding


def test_good_data_has_no_findings(tmp_path: Path) -> None:
    validation = check(tmp_path)
    assert validation.findings == ()
    assert validation.passes(strict=True)
    assert validation.counts == {"examples": 10, "intents": 2, "entity types": 0}


def test_problems_of_config_and_data_come_together_each_with_its_remedy(tmp_path: Path) -> None:
    validation = check(
        tmp_path,
        config=PIPELINE.replace("- name: CountVectorsFeaturizer", "- name: SpacyFeaturizer")
        + "  epoch: 3\n  number_of_attention_heads: 3\n",
        nlu=GOOD + "- intent: order\n  examples: |\n    - a [pizza](\n    - a pizza\n",
    )

    errors = [f for f in validation.findings if f.severity is Severity.ERROR]
    assert [(f.path and f.path.name, f.line) for f in errors] == [
        ("config.yml", 5),
        ("config.yml", 6),
        ("config.yml", 7),
        ("nlu.yml", 19),
    ]
    assert errors[0].kind is Kind.INVALID_CONFIG
    assert "--skip-unsupported" in errors[0].remedy
    assert errors[2].remedy == "Did you mean 'epochs'?"
    assert all(finding.remedy for finding in validation.findings)
    assert not validation.passes()
    # What could be read is examined all the same.
    assert only(validation, Kind.FEW_EXAMPLES).message == "the intent 'order' has a single example"


def test_wrong_options_of_a_component_are_one_finding_with_a_remedy_of_its_own(
    tmp_path: Path,
) -> None:
    validation = check(tmp_path, config=PIPELINE + "  epochs: 0\n  drop_rate: 2\n")

    (finding,) = validation.findings
    assert finding.message == (
        "DIETClassifier: epochs must be a whole number from 1, not 0; "
        "drop_rate must be a number from 0 to 0.999, not 2"
    )
    assert finding.remedy == "Correct this, or leave a key out to keep its default."


def test_the_components_of_a_config_are_listed_with_what_becomes_of_them(tmp_path: Path) -> None:
    config = PIPELINE.replace("WhitespaceTokenizer", "SpacyTokenizer") + (
        "- name: DucklingEntityExtractor\n- name: DietClassifier\n"
    )
    listed = [
        (c.name, c.line, str(c.support.status), c.support.counterpart)
        for c in check(tmp_path, config=config).components
    ]
    assert listed == [
        ("SpacyTokenizer", 4, "has a counterpart", "WhitespaceTokenizer"),
        ("CountVectorsFeaturizer", 5, "supported", None),
        ("DIETClassifier", 6, "supported", None),
        ("DucklingEntityExtractor", 7, "not here", None),
        ("DietClassifier", 8, "unknown", None),
    ]


@pytest.mark.parametrize("pipeline", ["", "pipeline:\n", "pipeline: []\n"])
def test_without_a_pipeline_the_default_one_is_listed(tmp_path: Path, pipeline: str) -> None:
    validation = check(tmp_path, config=f"recipe: default.v1\n{pipeline}")
    assert [c.name for c in validation.components][:2] == ["WhitespaceTokenizer", "RegexFeaturizer"]
    assert all(c.line is None for c in validation.components)
    assert validation.passes()


def test_the_train_section_is_checked_too(tmp_path: Path) -> None:
    wrong = check(tmp_path, config=PIPELINE + "train:\n  epoch: 3\n  patience: -1\n")
    assert [f.line for f in of_kind(wrong, Kind.INVALID_CONFIG)] == [8, 9]
    logger = check(tmp_path, config=PIPELINE + "train:\n  loggers: [nowhere]\n")
    assert "'nowhere'" in only(logger, Kind.INVALID_CONFIG).message


def test_an_option_that_must_be_a_mapping_is_a_finding_as_any_other(tmp_path: Path) -> None:
    wrong = check(tmp_path, config=PIPELINE + "  dense_dimension: 128\n", nlu=GOOD + "- intnt: a\n")
    finding = only(wrong, Kind.INVALID_CONFIG)
    assert (finding.path, finding.line) == (tmp_path / "config.yml", 6)
    assert "'dense_dimension' must be a mapping" in finding.message
    assert only(wrong, Kind.INVALID_DATA).line == 17


def test_no_more_than_half_of_what_a_component_learns_from_can_be_held_out(
    tmp_path: Path,
) -> None:
    option = "  evaluate_on_number_of_examples: "
    assert check(tmp_path, config=PIPELINE + option + "5\n").passes()
    finding = only(check(tmp_path, config=PIPELINE + option + "6\n"), Kind.INVALID_CONFIG)
    assert (finding.path, finding.line) == (tmp_path / "config.yml", 6)
    assert finding.message == (
        "DIETClassifier: evaluate_on_number_of_examples 6 is more than half of the 10 examples"
    )
    # Where `train:` asks for validation, the option counts for nothing.
    split = "train:\n  validation_split: 0.2\n"
    assert check(tmp_path, config=PIPELINE + option + "6\n" + split).passes()


def test_a_response_selector_holds_out_of_examples_with_responses_alone(tmp_path: Path) -> None:
    selector = "- name: ResponseSelector\n  evaluate_on_number_of_examples: 2\n"
    # Without any, it is not trained.
    assert not of_kind(check(tmp_path, config=PIPELINE + selector), Kind.INVALID_CONFIG)
    faq = GOOD + "- intent: faq/price\n  examples: |\n    - how much\n    - what price\n"
    faq += "responses:\n  utter_faq/price:\n  - text: nothing\n"
    finding = only(check(tmp_path, nlu=faq, config=PIPELINE + selector), Kind.INVALID_CONFIG)
    assert "ResponseSelector: evaluate_on_number_of_examples 2" in finding.message
    assert "half of the 2 examples" in finding.message


def test_float16_is_judged_by_the_device_that_fit_would_choose(tmp_path: Path) -> None:
    config = PIPELINE + "train:\n  mixed_precision: float16\n"
    assert check(tmp_path, config=config, device="gpu:0").passes()
    on_cpu = check(tmp_path, config=config, device="cpu")
    assert "the training runs on the CPU" in only(on_cpu, Kind.INVALID_CONFIG).message
    has_gpu = automatic_device() != "cpu"
    assert check(tmp_path, config=config).passes() is has_gpu


def test_problems_of_the_validation_data_are_findings(tmp_path: Path) -> None:
    dev = tmp_path / "dev.yml"
    dev.write_text(HEAD + "- intent: greet\n  examples: |\n    - a [b](\n", encoding="utf-8")
    config = PIPELINE + f"train:\n  validation_data: [{dev}, {tmp_path / 'none.yml'}]\n"
    found = of_kind(check(tmp_path, config=config), Kind.INVALID_DATA)
    assert {(f.path, f.line) for f in found} == {(dev, 5), (tmp_path / "none.yml", None)}

    dev.write_text(GOOD, encoding="utf-8")
    good = PIPELINE + f"train:\n  validation_data: {dev}\n"
    assert check(tmp_path, config=good).findings == ()
    wrong = PIPELINE + "train:\n  validation_data: 3\n"
    assert only(check(tmp_path, config=wrong), Kind.INVALID_CONFIG).line == 8


def test_components_that_are_not_here_can_be_left_out(tmp_path: Path) -> None:
    config = PIPELINE + "- name: DucklingEntityExtractor\n"
    assert not check(tmp_path, config=config).passes()
    skipped = check(tmp_path, config=config, skip_unsupported=True)
    assert skipped.passes()
    assert any("DucklingEntityExtractor" in notice for notice in skipped.notices)


@pytest.mark.parametrize("config", ["- a\n", "pipeline: 3\n", "a: [\n", ""])
def test_a_config_that_cannot_be_read_is_an_error(tmp_path: Path, config: str) -> None:
    validation = check(tmp_path, config=config)
    assert only(validation, Kind.INVALID_CONFIG).path == tmp_path / "config.yml"


def test_the_same_text_with_two_intents(tmp_path: Path) -> None:
    finding = only(check(tmp_path, GOOD + "    - Hello!\n"), Kind.TWO_INTENTS)
    assert finding.severity is Severity.WARNING
    assert finding.line == 17
    assert finding.message == (
        f"'Hello!' has the intent 'leave', and 'greet' at {tmp_path / 'nlu.yml'}:5"
    )


def test_the_same_text_annotated_in_two_ways(tmp_path: Path) -> None:
    nlu = GOOD + "    - to [Rome](city)\n    - to Rome.\n    - To [Rome](city)\n"
    finding = only(check(tmp_path, nlu), Kind.TWO_ANNOTATIONS)
    assert finding.line == 18
    assert f"{tmp_path / 'nlu.yml'}:17" in finding.message


def test_an_entity_off_the_token_borders(tmp_path: Path) -> None:
    nlu = GOOD + "    - to [Rom](city)e\n    - to [Rome](city)\n"
    finding = only(check(tmp_path, nlu), Kind.MISALIGNED_ENTITY)
    assert finding.line == 17
    assert "the city 'Rom' is not learnt" in finding.message
    assert "'Rome'" in finding.message


def test_the_tokenizer_of_the_config_decides_on_borders(tmp_path: Path) -> None:
    nlu = GOOD + "    - to [Rom](city)e\n    - to [Rome](city)\n"
    config = PIPELINE.replace(
        "- name: WhitespaceTokenizer", "- name: WhitespaceTokenizer\n  token_pattern: '.{1,3}'"
    )
    # Now "Rom" and "e" are tokens; "Rome" is both of them.
    assert of_kind(check(tmp_path, nlu, config), Kind.MISALIGNED_ENTITY) == []


def test_few_examples(tmp_path: Path) -> None:
    nlu = GOOD + (
        "- intent: one\n  examples: |\n    - a [b](c)\n"
        "- intent: four\n  examples: |\n    - qwert\n    - asdfg\n    - yxcvb\n    - poiuz\n"
    )
    found = {f.message: f for f in of_kind(check(tmp_path, nlu), Kind.FEW_EXAMPLES)}
    assert {message: (str(f.severity), f.line) for message, f in found.items()} == {
        "the intent 'one' has a single example": ("warning", 19),
        "the intent 'four' has 4 examples only": ("note", 22),
        "the entity type 'c' has a single example": ("warning", 19),
    }


def test_near_duplicates_in_training_are_summed_up(tmp_path: Path) -> None:
    long = "could you please book a table for two people in the garden"
    nlu = GOOD + f"    - {long}\n    - {long} today\n    - {long}s\n"
    finding = only(check(tmp_path, nlu), Kind.NEAR_DUPLICATES)
    assert finding.severity is Severity.NOTE
    assert finding.message.startswith("3 examples in 1 groups are nearly the same as another")


def test_test_texts_that_stand_in_training(tmp_path: Path) -> None:
    long = "could you please book a table for two people in the garden"
    validation = check(
        tmp_path,
        GOOD + f"    - {long}\n",
        against=HEAD + f"- intent: greet\n  examples: |\n    - HELLO\n    - {long}s\n    - new\n",
    )
    same = only(validation, Kind.TEST_TEXT_IN_TRAINING)
    near = only(validation, Kind.NEAR_DUPLICATE_IN_TRAINING)
    assert (same.path, same.line) == (tmp_path / "test.yml", 5)
    assert f"{tmp_path / 'nlu.yml'}:5" in same.message
    assert (near.line, near.severity) == (6, Severity.NOTE)


def test_labels_that_only_the_test_data_has(tmp_path: Path) -> None:
    against = HEAD + "- intent: fly\n  examples: |\n    - to [Rome](city)\n"
    found = of_kind(check(tmp_path, against=against), Kind.UNKNOWN_LABEL)
    assert [f.message.partition(" of the test data")[0] for f in found] == [
        "the intent 'fly'",
        "the entity type 'city'",
    ]


def test_synonyms_of_two_values(tmp_path: Path) -> None:
    nlu = GOOD + (
        "- synonym: Rome\n  examples: |\n    - Roma\n- synonym: Roma Termini\n  examples: |\n"
        "    - Roma\n"
    )
    validation = check(tmp_path, nlu)
    finding = only(validation, Kind.SYNONYM_CONFLICT)
    assert finding.line == 22
    assert "'Roma Termini' is used" in finding.message
    assert validation.notices == ()


def test_patterns_that_match_nothing(tmp_path: Path) -> None:
    nlu = GOOD + (
        "- regex: zip\n  examples: |\n    - '[0-9]{5}'\n"
        "- regex: morning\n  examples: |\n    - MORNING\n"
        "- lookup: city\n  examples: |\n    - Rome\n    - morn\n"
        "- lookup: time\n  examples: |\n    - Good Morning\n"
        "- lookup: empty\n  examples: |\n    - '?!'\n"
    )
    found = of_kind(check(tmp_path, nlu), Kind.UNUSED_PATTERN)
    assert [(f.line, f.message) for f in found] == [
        (19, "the regex 'zip' matches no example"),
        (25, "no phrase of the lookup table 'city' stands in an example"),
        (32, "no phrase of the lookup table 'empty' stands in an example"),
    ]


def test_a_single_intent_and_a_type_called_o_are_errors(tmp_path: Path) -> None:
    nlu = HEAD + "- intent: fly\n  examples: |\n    - to [Rome](O)\n"
    validation = check(tmp_path, nlu)
    messages = [f.message for f in of_kind(validation, Kind.INVALID_DATA)]
    assert len(messages) == 2
    assert "one intent only, 'fly'" in messages[0]
    assert "'O'" in messages[1]
    assert all(f.remedy for f in validation.findings)


def test_a_single_intent_is_enough_for_entities_alone(tmp_path: Path) -> None:
    nlu = HEAD + "- intent: fly\n  examples: |\n    - to [Rome](city)\n"
    config = PIPELINE + "  intent_classification: false\n"
    assert check(tmp_path, nlu, config).passes()


def test_no_data_is_an_error(tmp_path: Path) -> None:
    finding = only(check(tmp_path, 'version: "3.1"\n'), Kind.INVALID_DATA)
    assert "no NLU examples found" in finding.message


def test_the_worst_comes_first_and_json_holds_all(tmp_path: Path) -> None:
    nlu = GOOD + "- intent: one\n  examples: |\n    - a [b](\n    - c\n- intent: x\n  examples: |\n"
    nlu += "    - e\n    - fghij\n"
    validation = check(tmp_path, nlu)
    document = validation.to_json()
    assert [f["severity"] for f in document["findings"]] == ["error", "warning", "note"]
    assert document["severities"] == {"error": 1, "warning": 1, "note": 1}
    assert document["findings"][0]["file"] == str(tmp_path / "nlu.yml")
    assert document["findings"][0]["line"] == 19


@pytest.mark.shared
def test_snips_has_the_defects_that_are_known_of_it(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "config.yml").write_text(PIPELINE, encoding="utf-8")
    data = shared / "data" / "snips"
    validation = validate(tmp_path / "config.yml", [data / "train.yml"], [data / "test.yml"])
    train, test = (
        read_training_data([data / name]).training_data.examples
        for name in ("train.yml", "test.yml")
    )
    known = {normalised(message.data["text"]) for message in train}
    in_both = sum(normalised(message.data["text"]) in known for message in test)
    assert len(of_kind(validation, Kind.TEST_TEXT_IN_TRAINING)) == in_both >= 24
    assert len(of_kind(validation, Kind.MISALIGNED_ENTITY)) == 5
