"""Graph schemas, and the dictionaries they are stored as."""

from __future__ import annotations

import copy
import sys
from dataclasses import fields
from typing import Any

import pytest

from onnlu_engine import ComponentRegistry, GraphComponent, GraphSchema, Resource, SchemaNode
from onnlu_engine.errors import GraphSchemaException
from onnlu_engine.schema import is_placeholder


class Tokenizer(GraphComponent):
    @classmethod
    def create(cls, *args: Any, **kwargs: Any) -> Tokenizer:
        return cls()


class Classifier(Tokenizer):
    pass


class Unregistered(Tokenizer):
    pass


REGISTRY = ComponentRegistry([Tokenizer, Classifier])


def node(*parents: str, **changes: Any) -> SchemaNode:
    values: dict[str, Any] = {
        "needs": {f"parameter{i}": parent for i, parent in enumerate(parents)},
        "uses": Tokenizer,
        "constructor_name": "create",
        "fn": "process",
        "config": {},
    }
    return SchemaNode(**{**values, **changes})


def two_nodes() -> dict[str, Any]:
    schema = GraphSchema(
        {
            "tokenize": node("__message__", config={"case": [1, {"deep": None}]}, eager=True),
            "classify": node(
                "tokenize", uses=Classifier, is_target=True, resource=Resource("trained", "f1")
            ),
        }
    )
    return schema.as_dict(REGISTRY)


@pytest.mark.behaviour("1.3/6", "1.3/7", "1.3/8", "1.3/9")
def test_a_schema_node_has_the_fields_of_the_original() -> None:
    """1.3 fields and defaults."""
    assert [field.name for field in fields(SchemaNode)] == [
        "needs",
        "uses",
        "constructor_name",
        "fn",
        "config",
        "eager",
        "is_target",
        "is_input",
        "resource",
    ]
    plain = node()
    assert (plain.eager, plain.is_target, plain.is_input, plain.resource) == (
        False,
        False,
        False,
        None,
    )


@pytest.mark.behaviour("1.3/10")
def test_schema_nodes_are_equal_if_all_fields_are() -> None:
    """1.3 equality: two resources of one name are equal."""
    assert node("a", resource=Resource("r")) == node("a", resource=Resource("r"))
    assert node("a") != node("b")
    assert node("a") != node("a", is_input=True)


@pytest.mark.behaviour("1.4/2", "1.3/2")
def test_a_component_is_stored_under_its_registered_name() -> None:
    """1.4 as_dict: never a dotted path."""
    assert two_nodes()["nodes"]["classify"] == {
        "needs": {"parameter0": "tokenize"},
        "uses": "Classifier",
        "constructor_name": "create",
        "fn": "process",
        "config": {},
        "eager": False,
        "is_target": True,
        "is_input": False,
        "resource": {"name": "trained", "output_fingerprint": "f1"},
    }


@pytest.mark.behaviour("1.4/2")
def test_a_stored_schema_shares_no_config_with_the_schema() -> None:
    """1.4 as_dict: deep copy."""
    schema = GraphSchema({"a": node(config={"list": [1]})})
    schema.as_dict(REGISTRY)["nodes"]["a"]["config"]["list"].append(2)
    assert schema.nodes["a"].config == {"list": [1]}


@pytest.mark.behaviour("1.4/3")
def test_reading_leaves_its_argument_as_it_is_and_can_be_repeated() -> None:
    """1.4 from_dict: called twice on the same dictionary."""
    stored = two_nodes()
    before = copy.deepcopy(stored)
    first = GraphSchema.from_dict(stored, REGISTRY)
    first.nodes["tokenize"].config["case"].append("changed")
    first.nodes["tokenize"].needs["more"] = "changed"
    assert stored == before
    assert GraphSchema.from_dict(stored, REGISTRY).as_dict(REGISTRY) == before


def test_keys_with_a_default_may_be_left_out() -> None:
    stored = {"needs": {}, "uses": "Tokenizer", "constructor_name": "load", "fn": "f", "config": {}}
    read = GraphSchema.from_dict({"nodes": {"a": stored}}, REGISTRY)
    assert read.nodes["a"] == node(constructor_name="load", fn="f")


@pytest.mark.behaviour("1.4/3", "1.10/3")
def test_an_unknown_component_is_named_with_node_and_nearest_name() -> None:
    """1.4 unknown class."""
    stored = two_nodes()
    stored["nodes"]["tokenize"]["uses"] = "Tokeniser"
    with pytest.raises(
        GraphSchemaException,
        match=r"Node 'tokenize': Component 'Tokeniser'.*Did you mean 'Tokenizer'",
    ):
        GraphSchema.from_dict(stored, REGISTRY)


@pytest.mark.parametrize("uses", ["this.Zen", "os.system", "os:system", "antigravity"])
def test_a_name_is_never_a_place_to_import_from(uses: str) -> None:
    """1.4 a dotted path in a model ends in an error before anything is imported."""
    stored = two_nodes()
    stored["nodes"]["tokenize"]["uses"] = uses
    with pytest.raises(GraphSchemaException, match=r"'tokenize'.*not registered"):
        GraphSchema.from_dict(stored, REGISTRY)
    assert not {"this", "antigravity"} & sys.modules.keys()


def test_a_component_without_a_registered_name_cannot_be_stored() -> None:
    schema = GraphSchema({"tokenize": node(uses=Unregistered)})
    with pytest.raises(GraphSchemaException, match=r"'tokenize'.*Unregistered.*components=\["):
        schema.as_dict(REGISTRY)


@pytest.mark.behaviour("1.4/3", "1.10/3")
@pytest.mark.parametrize("key", ["needs", "uses", "constructor_name", "fn", "config"])
def test_a_missing_key_is_named_with_its_node(key: str) -> None:
    """1.4 missing key."""
    stored = two_nodes()
    del stored["nodes"]["classify"][key]
    with pytest.raises(GraphSchemaException, match=f"'classify'.*'{key}' is missing"):
        GraphSchema.from_dict(stored, REGISTRY)


@pytest.mark.behaviour("1.4/3", "1.10/3")
def test_an_unknown_key_is_named_with_its_node_and_the_nearest_key() -> None:
    """1.4 unknown key."""
    stored = two_nodes()
    stored["nodes"]["classify"]["egaer"] = True
    with pytest.raises(GraphSchemaException, match=r"'classify'.*'egaer'.*Did you mean 'eager'"):
        GraphSchema.from_dict(stored, REGISTRY)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("needs", ["a"]),
        ("needs", {"a": 1}),
        ("uses", None),
        ("uses", ["Tokenizer"]),
        ("constructor_name", 1),
        ("fn", {}),
        ("config", None),
        ("config", "text"),
        ("eager", 1),
        ("is_target", "true"),
        ("is_input", None),
        ("resource", "trained"),
        ("resource", {"name": "trained"}),
        ("resource", {"name": 1, "output_fingerprint": "f"}),
        ("resource", {"name": "r", "output_fingerprint": "f", "more": 1}),
    ],
)
def test_a_value_of_the_wrong_type_is_named_with_node_and_key(key: str, value: object) -> None:
    stored = two_nodes()
    stored["nodes"]["classify"][key] = value
    with pytest.raises(GraphSchemaException, match=f"Node 'classify'.*{key}"):
        GraphSchema.from_dict(stored, REGISTRY)


@pytest.mark.parametrize(
    "stored", [[], None, {}, {"nodes": []}, {"nodes": {}, "edges": {}}, {"nodes": {"a": []}}]
)
def test_what_is_no_schema_at_all_is_refused(stored: Any) -> None:
    with pytest.raises(GraphSchemaException):
        GraphSchema.from_dict(stored, REGISTRY)


@pytest.mark.behaviour("1.4/4")
def test_targets_keep_the_order_of_the_schema() -> None:
    """1.4 target_names."""
    schema = GraphSchema({"z": node(is_target=True), "m": node(), "a": node(is_target=True)})
    assert schema.target_names == ["z", "a"]


@pytest.mark.behaviour("1.4/5", "1.3/7")
def test_a_minimal_schema_drops_siblings_and_keeps_order_and_nodes() -> None:
    """1.4 minimal_graph_schema."""
    schema = GraphSchema(
        {
            "sibling": node("root"),
            "target": node("root", is_target=True),
            "root": node("__message__"),
            "child": node("target"),
        }
    )
    minimal = schema.minimal_graph_schema()
    assert list(minimal.nodes) == ["target", "root"]
    assert minimal.nodes["root"] is schema.nodes["root"]
    assert list(schema.minimal_graph_schema(["sibling"]).nodes) == ["sibling", "root"]
    assert list(schema.minimal_graph_schema([]).nodes) == ["target", "root"]


@pytest.mark.behaviour("1.4/5")
def test_a_minimal_schema_skips_targets_that_are_no_nodes() -> None:
    """1.4 minimal_graph_schema: placeholders."""
    schema = GraphSchema({"a": node("__message__")})
    assert schema.minimal_graph_schema(["__message__"]).nodes == {}


@pytest.mark.behaviour("1.4/5")
def test_a_minimal_schema_of_a_cycle_ends() -> None:
    """1.4 minimal_graph_schema: endless in the original."""
    schema = GraphSchema({"a": node("b", is_target=True), "b": node("a"), "c": node("c")})
    assert list(schema.minimal_graph_schema().nodes) == ["a", "b"]


@pytest.mark.behaviour("1.4/5")
def test_a_minimal_schema_of_many_diamonds_is_cheap() -> None:
    """1.4 minimal_graph_schema: 2 to the power of 3000 paths in the original."""
    nodes = {"n0": node()}
    nodes |= {f"n{i}": node(f"n{i - 1}", f"n{i - 1}") for i in range(1, 3000)}
    assert len(GraphSchema(nodes).minimal_graph_schema(["n2999"]).nodes) == 3000


@pytest.mark.behaviour("1.10/5")
def test_placeholders_are_written_between_double_underscores() -> None:
    """1.10 placeholders."""
    for name in ("__importer__", "__message__", "__tracker__"):
        assert is_placeholder(name)
    for name in ("message", "__message", "message__", "____", ""):
        assert not is_placeholder(name)
