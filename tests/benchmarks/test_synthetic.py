"""Generated utterances: what they have in common with real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onnlu.decoding.tags import tag_specs
from onnlu.message import ENTITIES, INTENT, TEXT
from onnlu_train.data import TrainingDataImporter

from .scripts import CHECKOUT, module

data_sets, synthetic = module("data_sets"), module("synthetic")


def size(utterances: int = 300, tags: int = 101, seed: int = 1) -> Any:
    return synthetic.Synthetic.with_tags(utterances, tags)._replace(seed=seed)


def test_a_seed_decides_the_utterances() -> None:
    assert synthetic.generate(size()) == synthetic.generate(size())
    assert synthetic.generate(size()) != synthetic.generate(size(seed=2))


def test_utterances_are_distinct_and_at_most_46_words_long_and_one_is() -> None:
    words = [utterance.words for utterance in synthetic.generate(size())]
    assert len(words) == len(set(words)) == 300
    assert max(map(len, words)) == 46
    assert min(map(len, words)) >= 2


def test_entities_stand_in_order_inside_their_utterance() -> None:
    for utterance in synthetic.generate(size()):
        borders = [border for e in utterance.entities for border in (e.first, e.end)]
        assert borders[:1] >= [0] and borders[-1] <= len(utterance.words)
        assert borders == sorted(borders)
        assert all(entity.first < entity.end for entity in utterance.entities)


def test_every_intent_and_every_entity_type_occurs() -> None:
    utterances = synthetic.generate(size(utterances=117, tags=469))
    assert len({utterance.intent for utterance in utterances}) == synthetic.INTENTS
    assert len({e.type for utterance in utterances for e in utterance.entities}) == 117


def test_the_vocabulary_grows_with_the_data() -> None:
    words = [
        len({word for utterance in synthetic.generate(size(count)) for word in utterance.words})
        for count in (1000, 4000)
    ]
    assert words[1] > 2 * words[0]


def test_too_few_utterances_for_the_types_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 117 utterances"):
        synthetic.generate(size(utterances=116, tags=469))


def test_what_is_written_is_read_as_it_was_generated(tmp_path: Path) -> None:
    wanted = size()
    data = data_sets.generated(CHECKOUT, tmp_path, wanted)
    read = TrainingDataImporter([data.train]).nlu_data()
    generated = sorted(synthetic.generate(wanted), key=lambda one: " ".join(one.words))
    examples = sorted(read.examples, key=lambda message: message.data[TEXT])
    for utterance, message in zip(generated, examples, strict=True):
        assert message.data[TEXT] == " ".join(utterance.words)
        assert message.data[INTENT] == utterance.intent
        assert [(e["value"], e["entity"]) for e in message.get(ENTITIES, ())] == [
            (" ".join(utterance.words[e.first : e.end]), e.type) for e in utterance.entities
        ]


def test_a_model_has_as_many_tags_as_the_name_says(tmp_path: Path) -> None:
    wanted = size(tags=102)
    data = data_sets.generated(CHECKOUT, tmp_path, wanted)
    types = TrainingDataImporter([data.train]).nlu_data().entity_types
    (spec,) = tag_specs(types, [], [], True)
    assert len(spec.parsed()) == wanted.tags == 101
    assert data.name == "generated, 300 utterances, 101 tags"
