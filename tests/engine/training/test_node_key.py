"""What decides what a node gives."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from onnlu_engine import ExecutionContext, GraphComponent, GraphSchema, Resource, SchemaNode
from onnlu_engine.training.node_key import NodeKey, NodeKeys

from .graphs import Component, Vocabulary


class Plain(Component):
    """Has defaults, one of them nested, and reads a file."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"epochs": 1, "nested": {"a": 1, "b": 2}, "file": None}

    @staticmethod
    def required_packages() -> list[str]:
        return ["numpy", "json"]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        return Path(config["file"]).read_text() if config["file"] else None

    def train(self) -> Resource:
        return self.resource

    def other(self) -> Resource:
        return self.resource


class Base(Plain):
    """Has another name and docstring than its base, and nothing else."""


class Unversioned(Plain):
    """Needs a package without a version."""

    @staticmethod
    def required_packages() -> list[str]:
        return ["no_such_package"]


class Selective(Plain):
    """Reads one part of its inputs."""

    @classmethod
    def parts_read(cls, method: str, config: dict[str, Any]) -> list[str] | None:
        return ["words"] if method == "train" else None


class Heir(Selective):
    """May read more than its base."""


def key(
    config: dict[str, Any] | None = None,
    /,
    *,
    uses: type[GraphComponent] = Plain,
    settings: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Mapping[str, str] | None] | None = None,
    name: str = "node",
    finetuning: bool = False,
    **changes: Any,
) -> NodeKey:
    inputs = inputs or {}
    node = {"needs": {parent: parent for parent in inputs}, "constructor_name": "create"}
    schema_node = SchemaNode(uses=uses, config=config or {}, **{"fn": "train", **node, **changes})
    schema = GraphSchema({name: schema_node})
    context = ExecutionContext(schema, settings=settings or {}, is_finetuning=finetuning)
    return NodeKeys(schema, context, facts).key_of(name, inputs)


DIGESTS = {"words": "1", "responses": "2"}


@pytest.mark.behaviour("2.3/2")
def test_whatever_decides_a_result_is_in_the_key() -> None:
    keys = [
        key(),
        key({"epochs": 2}),
        key({"nested": {"a": 2}}),
        key({"new": None}),
        key(uses=Base),
        key(name="other"),
        key(fn="other"),
        key(constructor_name="load"),
        key(resource=Resource("trained", "1")),
        key(resource=Resource("trained", "2")),
        key(facts={"numpy": "1"}),
        key(finetuning=True),
        key(inputs={"p": {"content": "1"}}),
        key(inputs={"p": {"content": "2"}}),
        key(inputs={"q": {"content": "1"}}),
        key(inputs={"p": DIGESTS}),
    ]
    digests = [each.digest for each in keys]
    assert None not in digests
    assert len(set(digests)) == len(keys)


@pytest.mark.behaviour("2.3/5", "1.5/4")
def test_a_default_that_is_written_out_changes_nothing() -> None:
    digest = key().digest
    assert key({"epochs": 1}).digest == digest
    assert key({"nested": {"b": 2}}).digest == digest
    assert key({"nested": {"b": 2, "a": 1}, "epochs": 1}).digest == digest


@pytest.mark.behaviour("1.5/6", "2.3/2")
def test_versions_of_required_packages_are_in_the_key() -> None:
    import numpy as np

    found = key().parts["package"]
    assert found == {"numpy": np.__version__, "json": platform.python_version()}


@pytest.mark.behaviour("1.5/6")
def test_a_package_without_version_keeps_a_node_from_the_cache() -> None:
    found = key(uses=Unversioned)
    assert found.digest is None
    assert "'no_such_package' has no version" in found.instability


@pytest.mark.behaviour("1.5/7")
def test_a_changed_file_changes_the_key(tmp_path: Path) -> None:
    file = tmp_path / "vectors.txt"
    file.write_text("one")
    before = key({"file": str(file)}).digest
    assert key({"file": str(file)}).digest == before
    file.write_text("two")
    assert key({"file": str(file)}).digest != before


def test_settings_of_the_run_are_in_the_key_where_the_component_says_so() -> None:
    assert key(settings={"shape": 1}).digest == key().digest
    one, other = (
        key(uses=Vocabulary, settings={"shape": shape}, inputs={"words": DIGESTS})
        for shape in (1, 2)
    )
    assert one.digest != other.digest


def test_parts_that_a_method_does_not_read_do_not_count() -> None:
    changed = {**DIGESTS, "responses": "other"}
    one, other = (key(uses=Selective, inputs={"p": d}) for d in (DIGESTS, changed))
    assert one.digest == other.digest
    for differing in ({"fn": "other"}, {"uses": Heir}):
        one, other = (
            key(inputs={"p": d}, **{"uses": Selective, **differing}) for d in (DIGESTS, changed)
        )
        assert one.digest != other.digest


@pytest.mark.behaviour("2.3/4")
def test_there_is_no_key_where_an_input_is_not_known() -> None:
    found = key(inputs={"p": None})
    assert found.digest is None
    assert found.unknown == ("p",)


def test_a_value_that_says_nothing_keeps_a_node_from_the_cache() -> None:
    found = key({"custom": object()})
    assert found.digest is None
    assert "object" in found.instability


def test_a_long_value_is_there_by_its_digest() -> None:
    found = key({"short": [1, {"a": None}], "long": "x" * 1000}).parts["config"]
    assert found["short"] == [1, {"a": None}]
    assert found["long"].startswith("digest ")
