"""How a node builds and runs its component."""

from __future__ import annotations

import copy
import logging
from pathlib import Path
from typing import Any

import pytest

from onnlu_engine import (
    ExecutionContext,
    GraphComponent,
    GraphNode,
    GraphSchema,
    LocalModelStorage,
    ModelStorage,
    Resource,
    SchemaNode,
    merged_config,
)
from onnlu_engine.errors import (
    GraphComponentException,
    GraphRunError,
    GraphSchemaException,
    InvalidConfigException,
    OnnluException,
)
from onnlu_engine.node_times import NodeTimes

CONTEXT = ExecutionContext(GraphSchema({}), model_id="m")


class Recorder(GraphComponent):
    """Remembers how it was built, and returns what it was run with."""

    built: list[Recorder]

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        self.built.append(self)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"epochs": 300, "dims": {"text": 128, "label": {"deep": 1}}, "tags": ["a"]}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Recorder:
        return cls(config=config, resource=resource, context=execution_context)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        vocabulary: Any = None,
        **kwargs: Any,
    ) -> Recorder:
        return cls(
            config=config,
            resource=resource,
            context=execution_context,
            vocabulary=vocabulary,
            more=kwargs,
        )

    def process(self, **inputs: Any) -> tuple[Recorder, dict[str, Any]]:
        return self, inputs


@pytest.fixture(autouse=True)
def built() -> list[Recorder]:
    """Every component that the test builds."""
    Recorder.built = []
    return Recorder.built


def make(path: Path, **changes: Any) -> GraphNode:
    values: dict[str, Any] = {
        "node_name": "node",
        "component_class": Recorder,
        "constructor_name": "create",
        "component_config": {},
        "fn_name": "process",
        "inputs": {},
        "eager": False,
        "model_storage": LocalModelStorage(path),
        "resource": None,
        "execution_context": CONTEXT,
    }
    return GraphNode(**{**values, **changes})


@pytest.mark.behaviour("1.8/1")
def test_defaults_and_user_config_merge_one_level_deep() -> None:
    """1.8 merge."""
    merged = merged_config(Recorder, {"epochs": 1, "dims": {"text": 2}, "own": {"x": [1]}})
    assert merged == {
        "epochs": 1,
        "dims": {"text": 2, "label": {"deep": 1}},
        "tags": ["a"],
        "own": {"x": [1]},
    }
    assert merged_config(Recorder, {"dims": {"label": {}}})["dims"] == {"text": 128, "label": {}}


def test_defaults_may_depend_on_what_the_user_set():
    class Compatible(Recorder):
        @classmethod
        def default_config_for(cls, user_config):
            defaults = cls.get_default_config()
            return defaults | {"epochs": 7} if user_config.get("old") else defaults

    assert merged_config(Compatible, {"old": True})["epochs"] == 7
    assert merged_config(Compatible, {"old": True, "epochs": 3})["epochs"] == 3
    assert merged_config(Compatible, {})["epochs"] == Recorder.get_default_config()["epochs"]


@pytest.mark.behaviour("1.8/1")
def test_merging_shares_no_mapping_and_no_list_with_either_side() -> None:
    """1.8 merge: neither the defaults nor the user's config is ever changed."""

    class Shared(Recorder):
        defaults: dict[str, Any] = {"dims": {"text": [128]}, "tags": ["a"]}  # noqa: RUF012

        @staticmethod
        def get_default_config() -> dict[str, Any]:
            return Shared.defaults

    user = {"dims": {"label": [1]}, "own": {"deep": [{"x": 1}]}}
    before = copy.deepcopy((Shared.defaults, user))
    merged = merged_config(Shared, user)
    merged["dims"]["text"].append(0)
    merged["dims"]["label"].append(0)
    merged["own"]["deep"][0]["x"] = 0
    merged["tags"].clear()
    assert (Shared.defaults, user) == before


def test_merging_keeps_other_objects_as_they_are() -> None:
    """A precomputed output in a config is not copied."""
    output = object()
    assert merged_config(Recorder, {"output": [output]})["output"][0] is output


@pytest.mark.behaviour("1.8/1")
@pytest.mark.parametrize("value", [None, 3, "text", ["a"]])
def test_a_default_mapping_takes_a_mapping_only(tmp_path: Path, value: object) -> None:
    """1.8 merge: the original raises TypeError or mixes them up."""
    with pytest.raises(InvalidConfigException, match="Recorder: 'dims' must be a mapping"):
        make(tmp_path, component_config={"dims": value})


@pytest.mark.behaviour("1.8/1")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fn_name": "proces"}, "'node': Recorder has no method 'proces'.*mean 'process'"),
        ({"constructor_name": "laod"}, "'node': Recorder has no method 'laod'.*mean 'load'"),
        ({"fn_name": "built"}, "has no method 'built'"),
        ({"fn_name": "__init__"}, "has no method '__init__'"),
        ({"constructor_name": "__subclasses__"}, "has no method '__subclasses__'"),
    ],
)
def test_a_missing_method_is_named_at_once(
    tmp_path: Path, changes: dict[str, str], message: str
) -> None:
    """1.8 missing fn; private methods count as missing."""
    with pytest.raises(GraphSchemaException, match=message):
        make(tmp_path, **changes)


@pytest.mark.behaviour("1.8/1", "1.8/5", "1.3/6")
def test_an_eager_node_builds_once_and_at_once(tmp_path: Path, built: list[Recorder]) -> None:
    """1.8 eager builds at init; instance identity."""
    node = make(tmp_path, eager=True)
    assert len(built) == 1
    assert node()[1][0] is node()[1][0] is built[0]
    assert len(built) == 1


@pytest.mark.behaviour("1.8/4", "1.3/6")
def test_a_lazy_node_builds_anew_each_time_it_runs(tmp_path: Path, built: list[Recorder]) -> None:
    """1.8 lazy run."""
    node = make(tmp_path)
    assert built == []
    assert node()[1][0] is not node()[1][0]
    assert len(built) == 2


@pytest.mark.behaviour("1.3/5", "1.5/2")
def test_a_component_gets_the_merged_config_as_its_own(
    tmp_path: Path, built: list[Recorder]
) -> None:
    """1.8 a component that changes its config changes no later one."""
    user = {"own": [1]}
    node = make(tmp_path, component_config=user)
    node()
    built[0].facts["config"]["own"].append(2)
    built[0].facts["config"]["dims"].clear()
    node()
    assert built[1].facts["config"] == {**Recorder.get_default_config(), "own": [1]}
    assert user == {"own": [1]}


@pytest.mark.behaviour("1.7/5")
def test_each_node_has_a_context_of_its_own(tmp_path: Path, built: list[Recorder]) -> None:
    """1.7 node_name."""
    make(tmp_path, node_name="one", eager=True)
    make(tmp_path, node_name="two", eager=True)
    contexts = [component.facts["context"] for component in built]
    assert [context.node_name for context in contexts] == ["one", "two"]
    assert [context.model_id for context in contexts] == ["m", "m"]
    assert contexts[0].graph_schema is CONTEXT.graph_schema
    assert CONTEXT.node_name is None


@pytest.mark.behaviour("1.8/2", "1.3/9")
def test_a_parents_resource_goes_before_the_schemas_and_the_nodes_own(
    tmp_path: Path, built: list[Recorder]
) -> None:
    """1.8 resource choice."""
    given, own = Resource("parent"), Resource("schema")
    make(tmp_path, inputs={"resource": "trainer"}, resource=own)(("trainer", given))
    make(tmp_path, resource=own)()
    plain = make(tmp_path)
    plain()
    plain()
    resources = [component.facts["resource"] for component in built]
    assert resources[0] is given
    assert resources[1] is own
    assert resources[2] == Resource("node")
    assert resources[2].fingerprint() != resources[3].fingerprint()


@pytest.mark.behaviour("1.8/4", "1.8/7")
def test_parameters_that_a_lazy_constructor_names_go_there_and_nowhere_else(
    tmp_path: Path, built: list[Recorder]
) -> None:
    """1.8 lazy run; what `**kwargs` could take goes to the run method."""
    inputs = {"vocabulary": "v", "messages": "m", "config": "c"}
    node = make(tmp_path, constructor_name="load", inputs=inputs)
    name, (_, received) = node(("v", "words"), ("m", ["hi"]), ("c", "not the node's"))
    assert name == "node"
    assert built[0].facts["vocabulary"] == "words"
    assert built[0].facts["more"] == {}
    assert built[0].facts["config"] == Recorder.get_default_config()
    assert received == {"messages": ["hi"], "config": "not the node's"}


@pytest.mark.behaviour("1.8/5")
def test_all_parameters_of_an_eager_node_go_to_the_run_method(tmp_path: Path) -> None:
    """1.8 eager run."""
    node = make(tmp_path, constructor_name="load", inputs={"vocabulary": "v"}, eager=True)
    assert node(("v", "words"))[1][1] == {"vocabulary": "words"}


@pytest.mark.behaviour("1.8/3", "1.10/1")
def test_a_missing_input_is_named_with_node_parent_and_parameter(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """1.8 __call__; 1.10 GraphRunError."""
    node = make(tmp_path, inputs={"messages": "tokenizer"})
    with pytest.raises(GraphRunError, match=r"'node'.*'tokenizer'.*'messages'"):
        node(("other", 1), "tokenizer")
    assert "parent 'tokenizer' has no output" in caplog.text


@pytest.mark.behaviour("1.8/3")
def test_an_unresolved_parent_that_is_not_needed_is_a_warning_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """1.8 __call__: a bare name."""
    assert make(tmp_path)("stranger", ("other", 1))[1][1] == {}
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.behaviour("1.8/8", "1.8/7", "1.3/1", "1.3/2", "1.3/3", "1.3/4", "1.3/5", "1.3/9")
def test_a_schema_node_makes_the_same_node(tmp_path: Path, built: list[Recorder]) -> None:
    """1.8 from_schema_node."""
    schema_node = SchemaNode(
        needs={"messages": "m"},
        uses=Recorder,
        constructor_name="load",
        fn="process",
        config={"epochs": 1},
        eager=True,
        resource=Resource("r"),
    )
    times = NodeTimes()
    node = GraphNode.from_schema_node(
        "n", schema_node, LocalModelStorage(tmp_path), CONTEXT, hooks=[times]
    )
    assert node(("m", "hi")) == ("n", (built[0], {"messages": "hi"}))
    assert built[0].facts["config"]["epochs"] == 1
    assert built[0].facts["resource"] == Resource("r")
    assert "vocabulary" in built[0].facts
    assert list(times.seconds) == ["n"]


class Failing(GraphComponent):
    """Raises `Failing.error` while it is built, or while it runs."""

    error: Exception

    @classmethod
    def create(cls, *args: Any, **kwargs: Any) -> Failing:
        raise cls.error

    @classmethod
    def load(cls, *args: Any, **kwargs: Any) -> Failing:
        return cls()

    def process(self) -> None:
        raise self.error


@pytest.mark.behaviour("1.8/6", "1.10/2")
@pytest.mark.parametrize("phase", ["eager construction", "lazy construction", "run"])
@pytest.mark.parametrize(
    "error", [InvalidConfigException("config"), OnnluException("ours"), ValueError("theirs")]
)
def test_errors_of_ours_pass_and_others_are_wrapped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, phase: str, error: Exception
) -> None:
    """1.8 error policy: three kinds of error in each phase; 1.10 GraphComponentException."""
    Failing.error = error
    caplog.set_level(logging.INFO)
    with pytest.raises(OnnluException) as raised:
        make(
            tmp_path,
            component_class=Failing,
            constructor_name="load" if phase == "run" else "create",
            eager=phase == "eager construction",
        )()
    if isinstance(error, OnnluException):
        assert raised.value is error
        logged = [] if isinstance(error, InvalidConfigException) else [logging.INFO]
        assert [record.levelno for record in caplog.records] == logged
    else:
        assert type(raised.value) is GraphComponentException
        assert raised.value.__cause__ is error
        assert "'node'" in str(raised.value)
        assert "Failing" in str(raised.value)
        assert "ValueError: theirs" in str(raised.value)


def test_failing_defaults_are_an_error_of_the_component(tmp_path: Path) -> None:
    class NoDefaults(Recorder):
        @staticmethod
        def get_default_config() -> dict[str, Any]:
            raise KeyError("lost")

    with pytest.raises(GraphComponentException, match=r"'node'.*NoDefaults.*lost"):
        make(tmp_path, component_class=NoDefaults)
