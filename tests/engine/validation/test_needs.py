"""Rules 8 to 10: a node gives its methods all that they require, and nothing that they lack."""

from __future__ import annotations

from typing import Any, Self

import pytest

from onnlu_engine import ExecutionContext, ModelStorage, Resource, SchemaNode

from .toys import Counter, Reader, Text, Toy, Words, problem, problems, with_other

PLACE = "train graph, node 'other', parameter"


@pytest.mark.behaviour("2.6/8")
def test_what_a_run_method_requires_is_needed() -> None:
    assert problem(with_other(Counter, "train", needs={"held_out": "split"})) == (
        f"{PLACE} 'words': Counter.train requires it, and gets no parent's output. "
        "Add it to the needs of the node."
    )
    assert problems(with_other(Counter, "train", needs={"words": "split"})) == []


class Greedy(Toy):
    @classmethod
    def load(  # type: ignore[override]
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        words: Words,
    ) -> Self:
        return cls()

    def run(self, words: Words) -> Text:
        return words

    def rest(self, text: Text) -> Text:
        return text


@pytest.mark.behaviour("2.6/8", "1.8/4")
def test_what_the_constructor_takes_away_is_missing_in_the_run_method() -> None:
    """In a lazy node only: an eager one gives all to its run method."""
    needs = {"words": "split"}
    assert problem(with_other(Greedy, constructor="load", needs=needs)) == (
        f"{PLACE} 'words': Greedy.run requires it, and gets no parent's output. The constructor "
        "has a parameter of this name too, and gets the parent's output. Rename one of them."
    )
    assert problems(with_other(Greedy, needs=needs)) == []


class Variadic(Toy):
    def run(self, *texts: Text, default: int = 3, **more: Text) -> Text:
        return texts[0]


class NeedsConfig(Toy):
    def run(self, config: dict[str, Any]) -> Text:
        return Text()


@pytest.mark.behaviour("2.6/8")
def test_what_has_a_default_or_takes_any_number_may_be_left_out() -> None:
    assert problems(with_other(Variadic)) == []


@pytest.mark.behaviour("2.6/8")
def test_a_config_is_given_to_the_constructor_only() -> None:
    assert "'config': NeedsConfig.run requires it" in problem(with_other(NeedsConfig))


@pytest.mark.behaviour("2.6/9")
def test_a_constructor_of_a_lazy_node_gets_what_it_requires_from_parents() -> None:
    assert problem(with_other(Greedy, "rest", "load", needs={"text": "read"})) == (
        f"{PLACE} 'words': Greedy.load requires it. Add it to the needs of the node."
    )
    needs = {"text": "read", "words": "split"}
    assert problems(with_other(Greedy, "rest", "load", needs=needs)) == []


@pytest.mark.behaviour("2.6/9")
def test_a_constructor_of_an_eager_node_gets_nothing_from_parents() -> None:
    eager = with_other(Greedy, "rest", "load", needs={"text": "read"}, eager=True)
    assert problem(eager) == (
        f"{PLACE} 'words': Greedy.load requires it, and an eager node is built before its parents "
        "run. Give the parameter a default, or make the node lazy."
    )
    assert problems(with_other(Greedy, "rest", needs={"text": "read"}, eager=True)) == []


class Narrow(Reader):
    @classmethod
    def create(cls, config: dict[str, Any], resource: Resource, **others: Any) -> Self:
        return cls()

    @classmethod
    def narrow(cls, config: dict[str, Any], resource: Resource) -> Self:
        return cls()


@pytest.mark.behaviour("2.6/9")
def test_a_constructor_takes_what_every_node_gives() -> None:
    needs = {"source": "__source__"}
    assert problems(with_other(Narrow, "read", "narrow", needs=needs)) == [
        f"{PLACE} '{given}': Narrow.narrow does not take it, and every node gives it to the "
        "constructor. Add the parameter."
        for given in ("model_storage", "execution_context")
    ]
    assert problems(with_other(Narrow, "read", "create", needs=needs)) == []


@pytest.mark.behaviour("2.6/10")
def test_a_need_is_a_parameter() -> None:
    needs = {"words": "split", "helt_out": "split"}
    assert problem(with_other(Counter, "train", needs=needs)) == (
        f"{PLACE} 'helt_out': Counter.train has no parameter of this name. Did you mean 'held_out'?"
    )


@pytest.mark.behaviour("2.6/10")
def test_a_resource_goes_to_the_constructor_of_a_lazy_node_only() -> None:
    def counting(*, eager: bool) -> dict[str, SchemaNode]:
        needs = {"words": "split", "resource": "train_counter"}
        return with_other(Counter, "count", "load", needs=needs, eager=eager)

    assert problems(counting(eager=False)) == []
    assert problem(counting(eager=True)).startswith(
        f"{PLACE} 'resource': Counter.count has no parameter of this name."
    )


@pytest.mark.behaviour("2.6/10")
def test_a_method_that_takes_any_keyword_takes_any_need() -> None:
    assert problems(with_other(Variadic, needs={"whatever": "split"})) == []


@pytest.mark.behaviour("2.6/10")
def test_any_keyword_of_a_constructor_is_no_parameter_of_the_run_method() -> None:
    """A node gives to a constructor only what that names; `load` has `**kwargs` for its heirs."""
    found = problem(with_other(Counter, "count", "load", needs={"words": "split", "word": "split"}))
    assert found.startswith(f"{PLACE} 'word': Counter.count has no parameter of this name.")


class ByPosition(Toy):
    @classmethod
    def build(
        cls,
        config: dict[str, Any],
        /,
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        return cls()

    def run(self, text: Text, spare: Text | None = None, /, more: Text | None = None) -> Text:
        return text


@pytest.mark.behaviour("2.6/8", "2.6/10")
def test_what_a_node_gives_is_taken_by_name() -> None:
    by_position = "takes it by position only, and a node gives everything by name. Remove the `/` "
    end = "from its parameters."
    assert problems(with_other(ByPosition, constructor="build", needs={"text": "read"})) == [
        f"{PLACE} 'config': ByPosition.build {by_position}{end}",
        f"{PLACE} 'text': ByPosition.run {by_position}{end}",
    ]
    assert problems(with_other(ByPosition, needs={"text": "read", "spare": "read"})) == [
        f"{PLACE} '{name}': ByPosition.run {by_position}{end}" for name in ("text", "spare")
    ]
