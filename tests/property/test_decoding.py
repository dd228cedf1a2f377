from __future__ import annotations

import re
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from onnlu.decoding.bilou import consistent_bilou
from onnlu.decoding.ranking import SMALLEST_CONFIDENCE, rank_intents
from onnlu.decoding.spans import entities_from_tags
from onnlu.decoding.tags import OUTSIDE, Tag, tag_ids, tag_specs
from onnlu.message import Token

VALUES = st.sampled_from(["a", "b", "c"])
BILOU_TAGS = st.just(OUTSIDE) | st.builds(Tag, st.sampled_from("BILU"), VALUES)
PLAIN_TAGS = st.just(OUTSIDE) | st.builds(Tag, st.just(""), VALUES)
CONFIDENCES = st.floats(0, 1, width=32)
GAPS = st.sampled_from(["", " ", "  ", ", ", ",", ". ", " - ", "     "])


@st.composite
def tokenized(draw: st.DrawFn, tags: st.SearchStrategy[Tag]) -> dict[str, Any]:
    """A text with tokens and, for two kinds, any tags and confidences."""
    text, tokens = draw(GAPS), []
    for word in draw(st.lists(st.text("xyé🙂", min_size=1, max_size=4), max_size=8)):
        tokens.append(Token(word, len(text), len(text) + len(word)))
        text += word + draw(GAPS)
    row = {"min_size": len(tokens), "max_size": len(tokens)}
    return {
        "text": text,
        "tokens": tokens,
        "tags": {kind: draw(st.lists(tags, **row)) for kind in ("entity", "role")},
        "confidences": {kind: draw(st.lists(CONFIDENCES, **row)) for kind in ("entity", "role")},
        "split_by_comma": draw(st.booleans() | st.dictionaries(VALUES, st.booleans())),
    }


@settings(deadline=None)
@given(arguments=tokenized(BILOU_TAGS) | tokenized(PLAIN_TAGS))
def test_entities_are_tokens_of_the_text_in_order_and_apart(arguments: dict[str, Any]) -> None:
    entities = entities_from_tags(**arguments)
    tokens = arguments["tokens"]
    tagged = [bool(tag.value) for tag in arguments["tags"]["entity"]]
    position = 0
    for entity in entities:
        assert position <= entity["start"] < entity["end"]
        assert entity["value"] == arguments["text"][entity["start"] : entity["end"]]
        position = entity["end"]
    covered = [any(e["start"] <= t.start and t.end <= e["end"] for e in entities) for t in tokens]
    assert covered == tagged


@settings(deadline=None)
@given(arguments=tokenized(BILOU_TAGS) | tokenized(PLAIN_TAGS))
def test_an_entity_has_the_type_and_role_of_all_its_tokens(arguments: dict[str, Any]) -> None:
    kinds = list(arguments["tags"])
    for entity in entities_from_tags(**arguments):
        own = [
            index
            for index, token in enumerate(arguments["tokens"])
            if entity["start"] <= token.start and token.end <= entity["end"]
        ]
        for kind in kinds:
            assert {arguments["tags"][kind][index].value for index in own} == {entity.get(kind, "")}
        lowest = min(arguments["confidences"]["entity"][index] for index in own)
        assert entity["confidence_entity"] == lowest


@settings(deadline=None)
@given(data=st.data(), tags=st.lists(BILOU_TAGS, max_size=12))
def test_repaired_tags_are_closed_runs_of_one_value(data: st.DataObject, tags: list[Tag]) -> None:
    confidences = data.draw(st.lists(CONFIDENCES, min_size=len(tags), max_size=len(tags)))
    repaired, repaired_confidences = consistent_bilou(tags, confidences)
    prefixes = "".join(tag.prefix or "O" for tag in repaired)
    assert re.fullmatch("(BI*L|[OUIL])*", prefixes)
    for run in re.finditer("BI*L", prefixes):
        assert len({tag.value for tag in repaired[run.start() : run.end()]}) == 1
    for before, after, old, new in zip(
        tags, repaired, confidences, repaired_confidences, strict=True
    ):
        assert bool(before.value) == bool(after.value)
        assert before.value != after.value or old == new
    assert consistent_bilou(repaired, repaired_confidences) == (repaired, repaired_confidences)


@st.composite
def annotated(draw: st.DrawFn) -> tuple[str, list[Token], list[dict[str, Any]]]:
    """A text with entities that cover whole tokens and do not overlap."""
    lengths = draw(st.lists(st.integers(1, 4), max_size=5))
    text, tokens, entities = "", [], []
    for length in lengths:
        first = len(text)
        for _ in range(length):
            tokens.append(Token("word", len(text), len(text) + 4))
            text += "word "
        if draw(st.booleans()):
            entity = {"entity": draw(VALUES), "start": first, "end": len(text) - 1}
            entities.append(entity | draw(st.fixed_dictionaries({}, optional={"role": VALUES})))
    return text, tokens, entities


@settings(deadline=None)
@given(example=annotated())
def test_annotations_become_tags_and_tags_the_same_entities(
    example: tuple[str, list[Token], list[dict[str, Any]]],
) -> None:
    text, tokens, entities = example
    specs = tag_specs("abc", "abc", [], bilou=True)
    tags = {
        spec.name: [spec.parsed()[i] for i in tag_ids(tokens, entities, spec)] for spec in specs
    }
    confidences = {spec.name: [1.0] * len(tokens) for spec in specs}
    for name in tags:
        assert consistent_bilou(tags[name], confidences[name])[0] == tags[name]
    found = entities_from_tags(text, tokens, tags, confidences, split_by_comma=True)
    keys = ("entity", "start", "end", "role")
    assert [{key: entity[key] for key in keys if key in entity} for entity in found] == entities


@settings(deadline=None)
@given(
    confidences=st.lists(
        st.floats(0, 1, width=32) | st.sampled_from([0.0, 1e-39, 0.5]), min_size=1, max_size=20
    ),
    ranking_length=st.integers(0, 25),
    renormalize=st.booleans(),
)
def test_a_ranking_is_a_stable_sort_of_the_confidences(
    confidences: list[float], ranking_length: int, renormalize: bool
) -> None:
    labels = [f"intent {index}" for index in range(len(confidences))]
    ranking = rank_intents(np.float32(confidences), labels, ranking_length, renormalize)
    smallest = np.float32(SMALLEST_CONFIDENCE)
    flushed = [0.0 if np.float32(value) < smallest else value for value in confidences]
    order = sorted(range(len(labels)), key=lambda index: (-flushed[index], index))
    kept = order[: ranking_length or None]
    assert [intent["name"] for intent in ranking] == [labels[index] for index in kept]
    total = sum(flushed[index] for index in kept)
    scale = 1 / total if renormalize and total and len(kept) < len(labels) else 1.0
    np.testing.assert_allclose(
        [intent["confidence"] for intent in ranking],
        [flushed[index] * scale for index in kept],
        rtol=1e-6,
    )
