"""Graph schemas and the dictionaries they are stored as, whatever they hold."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu_engine import ComponentRegistry, GraphComponent, GraphSchema, Resource, SchemaNode


class Tokenizer(GraphComponent):
    @classmethod
    def create(cls, *args: Any, **kwargs: Any) -> Tokenizer:
        return cls()


class Classifier(Tokenizer):
    pass


REGISTRY = ComponentRegistry([Tokenizer, Classifier])

names = st.text(min_size=1, max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
schema_nodes = st.builds(
    SchemaNode,
    needs=st.dictionaries(names, names, max_size=3),
    uses=st.sampled_from([Tokenizer, Classifier]),
    constructor_name=names,
    fn=names,
    config=st.dictionaries(st.text(), json_values, max_size=3),
    eager=st.booleans(),
    is_target=st.booleans(),
    is_input=st.booleans(),
    resource=st.none() | st.builds(Resource, name=names, output_fingerprint=st.text()),
)
schemas = st.builds(GraphSchema, st.dictionaries(names, schema_nodes, max_size=4))


@pytest.mark.behaviour("1.4/2", "1.4/3")
@given(schemas)
def test_reading_what_was_stored_gives_the_same_schema_and_leaves_it_alone(
    schema: GraphSchema,
) -> None:
    stored = schema.as_dict(REGISTRY)
    before = copy.deepcopy(stored)
    read = GraphSchema.from_dict(stored, REGISTRY)
    assert read == schema
    assert list(read.nodes) == list(schema.nodes)
    assert stored == before
    assert GraphSchema.from_dict(stored, REGISTRY).as_dict(REGISTRY) == before
    for node in read.nodes.values():
        node.needs["new"] = node.config["new"] = "changed"
    assert stored == before


@pytest.mark.behaviour("1.4/1", "1.4/2", "1.4/3")
@given(schemas)
def test_a_round_trip_through_json_changes_nothing(schema: GraphSchema) -> None:
    stored = schema.as_dict(REGISTRY)
    read = GraphSchema.from_dict(json.loads(json.dumps(stored)), REGISTRY)
    assert read == schema
    assert list(read.nodes) == list(schema.nodes)
    assert read.as_dict(REGISTRY) == stored  # fingerprints of resources too
