"""Which examples are validated on."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu.message import Message
from onnlu_engine.errors import InvalidDataException
from onnlu_train.data import TrainingDataImporter
from onnlu_train.data.held_out import ImporterWithValidation, split_examples

DATA = 'version: "3.1"\nnlu:\n- intent: {}\n  examples: |\n    - {}\n    - {}\n'


def messages(counts: dict[str, int]) -> list[Message]:
    return [
        Message({"text": f"{intent} {number}", "intent": intent})
        for intent, count in counts.items()
        for number in range(count)
    ]


def texts(examples: list[Message]) -> list[str]:
    return [message.data["text"] for message in examples]


def intents(examples: list[Message]) -> Counter[str]:
    return Counter(message.data["intent"] for message in examples)


COUNTS = st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.integers(1, 40), min_size=1)


@given(COUNTS, st.floats(0, 0.5))
def test_a_split_loses_nothing_and_keeps_every_intent_in_the_training(
    counts: dict[str, int], share: float
):
    examples = messages(counts)
    kept, held_out = split_examples(examples, share)
    assert sorted(texts(kept) + texts(held_out)) == sorted(texts(examples))
    assert [t for t in texts(examples) if t in set(texts(kept))] == texts(kept)
    assert intents(kept).keys() == counts.keys()


@given(COUNTS, st.floats(0, 0.5))
def test_no_intent_gives_more_than_its_share(counts: dict[str, int], share: float):
    given = intents(split_examples(messages(counts), share)[1])
    assert all(given[intent] <= math.ceil(share * count) for intent, count in counts.items())


def test_no_intent_gives_for_those_that_cannot():
    counts = {f"{n:02}": 1 for n in range(30)} | {"many": 10}
    assert intents(split_examples(messages(counts), 0.2)[1]) == {"many": 2}


def test_every_intent_gives_its_share():
    kept, held_out = split_examples(messages({"a": 100, "b": 50, "c": 10}), 0.2)
    assert intents(held_out) == {"a": 20, "b": 10, "c": 2}
    assert len(kept) == 128


def test_small_intents_give_their_share_together():
    _, held_out = split_examples(messages({f"{n:02}": 4 for n in range(20)}), 0.1)
    assert len(held_out) == 8
    assert set(intents(held_out).values()) == {1}


def test_a_split_is_the_same_in_every_run_and_whatever_the_order():
    examples = messages({"a": 30, "b": 20})
    first = split_examples(examples, 0.3)[1]
    second = split_examples(examples[::-1], 0.3)[1]
    assert sorted(texts(first)) == sorted(texts(second))


def test_added_examples_leave_most_of_a_split_as_it_was():
    before = set(texts(split_examples(messages({"a": 100}), 0.2)[1]))
    after = set(texts(split_examples(messages({"a": 110}), 0.2)[1]))
    assert len(before & after) >= 15


def test_what_only_one_example_shows_is_not_held_out():
    examples = messages({"a": 20})
    for number, message in enumerate(examples):
        message.set("entities", [{"entity": f"type {number}", "start": 0, "end": 1}])
    assert split_examples(examples, 0.5)[1] == []
    for message in examples:
        message.set("entities", [{"entity": "type", "role": "r", "start": 0, "end": 1}])
    assert len(split_examples(examples, 0.5)[1]) == 10


def test_validation_data_may_be_files_of_their_own(tmp_path: Path):
    (tmp_path / "train.yml").write_text(DATA.format("a", "one", "two"))
    (tmp_path / "dev.yml").write_text(DATA.format("a", "three", "four"))
    importer = ImporterWithValidation(
        TrainingDataImporter([tmp_path / "train.yml"]), TrainingDataImporter([tmp_path / "dev.yml"])
    )
    assert texts(importer.nlu_data().examples) == ["one", "two"]
    assert texts(importer.validation_data().examples) == ["three", "four"]


def test_a_split_that_holds_out_nothing_is_an_error(tmp_path: Path):
    (tmp_path / "train.yml").write_text(DATA.format("a", "one", "two"))
    importer = ImporterWithValidation(TrainingDataImporter([tmp_path / "train.yml"]), split=0.01)
    with pytest.raises(InvalidDataException, match="holds out none of 2 examples"):
        importer.nlu_data()


def test_without_being_asked_nothing_is_held_out(tmp_path: Path):
    (tmp_path / "train.yml").write_text(DATA.format("a", "one", "two"))
    importer = ImporterWithValidation(TrainingDataImporter([tmp_path / "train.yml"]))
    assert len(importer.nlu_data().examples) == 2
    assert importer.validation_data().examples == []


SYNONYMS = """\
version: "3.1"
nlu:
- intent: fly
  examples: |
    - fly to [nyc](city:New York)
    - fly to [la](city:Los Angeles)
    - go to [sf](city:San Francisco)
    - go to [philly](city:Philadelphia)
- synonym: Boston
  examples: |
    - beantown
"""


def test_annotations_of_what_is_held_out_give_no_synonyms(tmp_path: Path):
    (tmp_path / "train.yml").write_text(SYNONYMS)
    importer = ImporterWithValidation(TrainingDataImporter([tmp_path / "train.yml"]), split=0.5)
    kept = importer.nlu_data()
    annotated = {m.data["text"].split()[-1]: m.data["entities"][0]["value"] for m in kept.examples}
    assert len(annotated) == 2
    assert kept.synonyms == {**annotated, "beantown": "Boston"}


def test_where_nothing_is_held_out_all_synonyms_are_learnt(tmp_path: Path):
    (tmp_path / "train.yml").write_text(SYNONYMS)
    importer = ImporterWithValidation(TrainingDataImporter([tmp_path / "train.yml"]))
    assert set(importer.nlu_data().synonyms) == {"nyc", "la", "sf", "philly", "beantown"}


def test_of_two_values_the_last_one_that_is_kept_holds(tmp_path: Path):
    nlu = tmp_path / "nlu.yml"
    nlu.write_text(
        'version: "3.1"\nnlu:\n- synonym: Los Angeles\n  examples: |\n    - la\n'
        "- intent: a\n  examples: |\n    - one [la](note:sixth)\n    - two [la](note:A)\n"
    )
    result = TrainingDataImporter([nlu]).result
    first, second = result.training_data.examples
    assert result.part([first, second]).synonyms == {"la": "A"}
    assert result.part([first]).synonyms == {"la": "sixth"}
    assert result.part([]).synonyms == {"la": "Los Angeles"}
