"""What every recipe can do: be read from a config file, and give the graphs of a model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Self

from onnlu_engine.configuration import GraphModelConfiguration
from onnlu_engine.registry import ComponentRegistry
from onnlu_train.data.problems import Report
from onnlu_train.data.yaml_tree import Mapping as Tree
from onnlu_train.recipe.configured import ConfiguredComponent


@dataclass(frozen=True, slots=True)
class Reading:
    """What a recipe needs while it reads a config file.

    Attributes:
        registry: knows the components.
        report: takes every problem, with its line.
        skip_unsupported: leave out components of Rasa that are not here.
        notices: takes one line on each thing passed over or filled in.
    """

    registry: ComponentRegistry
    report: Report
    skip_unsupported: bool = False
    notices: list[str] = field(default_factory=list)


class NamedComponent(NamedTuple):
    """A component that a config file names, whether it is here or not.

    Attributes:
        name: as written; of a class of Rasa the name without the path.
        line: where it stands; None where the file names none and the default is taken.
    """

    name: str
    line: int | None


class Recipe(ABC):
    """One way to say in a config which graphs train a model and predict with it."""

    KEYS: ClassVar[tuple[str, ...]]
    """Keys at the top of the file, besides those of every recipe."""

    SKIPPED: ClassVar[Mapping[str, str]]
    """Keys at the top of the file that are passed over, each with the reason."""

    @classmethod
    @abstractmethod
    def read(cls, tree: Tree, reading: Reading) -> Self:
        """Return what could be read of a config file; the problems go to `reading`."""

    @classmethod
    @abstractmethod
    def named_components(cls, tree: Tree) -> list[NamedComponent]:
        """Return every component that a config file names, whatever else is wrong with it."""

    @property
    @abstractmethod
    def components(self) -> tuple[ConfiguredComponent, ...]:
        """The components with their options, in the order of the file."""

    @abstractmethod
    def graphs(self, train: Mapping[str, Any], *, is_finetuning: bool) -> GraphModelConfiguration:
        """Make the graphs of a model; neither language nor assistant are set.

        Args:
            train: keys of `train:`, all of which apply.
            is_finetuning: components that can go on from what they learnt before do so.
        """

    @abstractmethod
    def without_paths(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the config as a model tells it: components by name, wherever they came from.

        Args:
            values: the whole file.
        """

    def inapplicable(self, train: Mapping[str, Any]) -> dict[str, str]:
        """Return those keys of `train:` that can do nothing with these graphs, and why."""
        return {}
