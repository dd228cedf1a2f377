"""Rules 5 to 7: methods are there, and say what they take and return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import pytest

from onnlu_engine import ExecutionContext, GraphComponent, LocalModelStorage, ModelStorage

from .toys import Parser, Reader, Source, Text, Toy, Words, node, problem, problems, with_other

if TYPE_CHECKING:
    from decimal import Decimal


@pytest.mark.behaviour("2.6/5")
@pytest.mark.parametrize("name", ["raed", "_read", "__init__"])
def test_a_run_method_exists_and_is_public(name: str) -> None:
    found = problem(with_other(Reader, name, needs={}))
    assert f"train graph, node 'other': Reader has no method '{name}'. " in found
    assert ("Did you mean 'read'?" in found) == (name != "__init__")


@pytest.mark.behaviour("2.6/5")
def test_a_constructor_exists() -> None:
    graph = with_other(Reader, "read", "craete", needs={"source": "__source__"})
    assert problem(graph).endswith("Reader has no method 'craete'. Did you mean 'create'?")


@pytest.mark.behaviour("2.6/5")
def test_a_constructor_is_a_class_method() -> None:
    graph = with_other(Reader, "read", "read", needs={"source": "__source__"})
    assert problem(graph) == (
        "train graph, node 'other': Reader.read is no class method, and cannot build a component. "
        "Name a constructor, such as 'create' or 'load'."
    )


class Unresolvable(Toy):
    def run(self, amount: Decimal, text: list[Decimal] | None = None) -> dict[str, Decimal]:
        return {}


class Quoted(Toy):
    def run(self, source: "Source") -> "Words":  # noqa: UP037
        return Words()


@pytest.mark.behaviour("2.6/5")
def test_every_annotation_that_means_nothing_at_run_time_is_named() -> None:
    found = problems(with_other(Unresolvable, needs={"amount": "read"}))
    place = "train graph, node 'other'"
    remedy = (
        "name 'Decimal' is not defined. Import the name where the method is defined, and not "
        "under TYPE_CHECKING only."
    )
    assert found == [
        f"{place}, parameter 'amount': Unresolvable.run: the annotation 'Decimal' cannot be "
        f"resolved: {remedy}",
        f"{place}, parameter 'text': Unresolvable.run: the annotation 'list[Decimal] | None' "
        f"cannot be resolved: {remedy}",
        f"{place}: Unresolvable.run: the return annotation 'dict[str, Decimal]' cannot be "
        f"resolved: {remedy}",
    ]


@pytest.mark.behaviour("2.6/5")
def test_annotations_may_be_quoted() -> None:
    assert problems(with_other(Quoted, needs={"source": "__source__"})) == []
    assert "takes Source, and 'split' gives Words" in problem(
        with_other(Quoted, needs={"source": "split"})
    )


class Returns(Toy):
    def text(self) -> Text:
        return Text()

    def texts(self) -> list[Text]:
        return []

    def pairs(self) -> tuple[Text, ...]:
        return ()

    def number(self) -> int:
        return 1

    def numbers(self) -> list[int]:
        return []

    def anything(self) -> Any:
        return None

    def perhaps(self) -> Text | None:
        return None

    def a_list(self) -> list:  # type: ignore[type-arg]
        return []

    def nothing_said(self):  # type: ignore[no-untyped-def]
        return Text()

    def fingerprint(self) -> str:
        return "itself"

    def itself(self) -> Self:
        return self


@pytest.mark.behaviour("2.6/6", "2.3/1")
@pytest.mark.parametrize("fn", ["text", "texts", "pairs", "itself"])
def test_what_a_train_node_returns_has_a_fingerprint(fn: str) -> None:
    assert problems(with_other(Returns, fn)) == []


@pytest.mark.behaviour("2.6/6", "2.3/1")
@pytest.mark.parametrize(
    ("fn", "type_name"),
    [
        ("number", "int"),
        ("numbers", "list[int]"),
        ("anything", "Any"),
        ("perhaps", "Text | None"),
        ("a_list", "list"),
    ],
)
def test_what_has_no_fingerprint_is_nothing_to_return_in_training(fn: str, type_name: str) -> None:
    assert problem(with_other(Returns, fn)) == (
        f"train graph, node 'other': Returns.{fn} returns {type_name}, of which nobody can tell "
        "whether it has changed. Return a type with a method `fingerprint() -> str`, or a list of "
        "such."
    )


@pytest.mark.behaviour("2.6/6")
def test_a_run_method_says_what_it_returns() -> None:
    assert problem(with_other(Returns, "nothing_said")).endswith(
        "'other': Returns.nothing_said does not say what it returns. Annotate its return type."
    )


@pytest.mark.behaviour("2.6/6")
def test_a_prediction_may_return_what_has_no_fingerprint() -> None:
    predict = {
        "number": node(Returns, "number", eager=True),
        "parse": node(Parser, "parse", needs={"messages": "__message__"}, eager=True),
    }
    assert problems(predict=predict) == []


class WrongConstructor(Reader):
    @classmethod
    def create(  # type: ignore[override]
        cls,
        config: int,
        model_storage: ModelStorage,
        resource: str,
        execution_context: ExecutionContext,
    ) -> Self:
        return cls()


class LooseConstructor(Reader):
    @classmethod
    def create(  # type: ignore[override]
        cls, config, model_storage: LocalModelStorage, resource: object, execution_context: Any
    ) -> Self:
        return cls()


class WrongRun(Toy):
    def run(self, resource: int | None = None) -> Text:
        return Text()


@pytest.mark.behaviour("2.6/7")
def test_what_a_node_gives_to_a_constructor_has_its_type() -> None:
    graph = with_other(WrongConstructor, "read", needs={"source": "__source__"})
    place = "train graph, node 'other', parameter"
    remedy = "Annotate it so, or rename the parameter."
    assert problems(graph) == [
        f"{place} 'config': WrongConstructor.create takes int where the name means "
        f"dict[str, Any]. {remedy}",
        f"{place} 'resource': WrongConstructor.create takes str where the name means Resource. "
        f"{remedy}",
    ]


@pytest.mark.behaviour("2.6/7")
def test_a_run_method_may_not_use_these_names_for_anything_else() -> None:
    assert problem(with_other(WrongRun)) == (
        "train graph, node 'other', parameter 'resource': WrongRun.run takes int | None where the "
        "name means Resource. Annotate it so, or rename the parameter."
    )


@pytest.mark.behaviour("2.6/7")
def test_wider_and_narrower_types_of_the_same_pass() -> None:
    assert problems(with_other(LooseConstructor, "read", needs={"source": "__source__"})) == []


def test_an_abstract_method_cannot_run() -> None:
    found = problems(with_other(GraphComponent, "required_components"))
    assert (
        "train graph, node 'other': GraphComponent.create is abstract. Use a class that "
        "implements it, or implement it here." in found
    )
