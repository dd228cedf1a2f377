"""Reads config files, each by the recipe that it names."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from onnlu_engine.errors import InvalidConfigException, did_you_mean
from onnlu_engine.registry import ComponentRegistry
from onnlu_train.data.problems import Problems
from onnlu_train.data.yaml_tree import Mapping, plain, read_tree
from onnlu_train.recipe.config import Config
from onnlu_train.recipe.default_v1 import DefaultV1
from onnlu_train.recipe.graph_v1 import GraphV1
from onnlu_train.recipe.own_classes import name_problems
from onnlu_train.recipe.recipe import NamedComponent, Reading, Recipe
from onnlu_train.recipe.text import text_of
from onnlu_train.recipe.train_section import read_train

RECIPES: Final[dict[str, type[Recipe]]] = {"default.v1": DefaultV1, "graph.v1": GraphV1}
DEFAULT_RECIPE: Final = "default.v1"
_COMMON_KEYS: Final = ("version", "recipe", "language", "assistant_id", "train")


def read_config(
    path: Path, registry: ComponentRegistry | None = None, *, skip_unsupported: bool = False
) -> Config:
    """Read and check a config file.

    Args:
        path: YAML, as of Rasa 3.6.
        registry: knows the components; by default the installed ones.
        skip_unsupported: leave out components of Rasa that are not here, each with a notice.

    Raises:
        InvalidConfigException: every problem of the file, one a line.
    """
    problems = Problems()
    config = gather_config(path, problems, registry, skip_unsupported=skip_unsupported)
    problems.raise_any(InvalidConfigException)
    if config is None:
        raise AssertionError("a tree that cannot be read is always reported")
    return config


def gather_config(
    path: Path,
    problems: Problems,
    registry: ComponentRegistry | None = None,
    *,
    skip_unsupported: bool = False,
) -> Config | None:
    """Read as `read_config` does, but go on after problems.

    Args:
        path: YAML, as of Rasa 3.6.
        problems: takes every problem of the file.
        registry: knows the components; by default the installed ones.
        skip_unsupported: leave out components of Rasa that are not here, each with a notice.

    Returns:
        What could be read, or None.
    """
    report = problems.of(path)
    tree = read_tree(path, report)
    if tree is not None and not isinstance(tree, Mapping):
        report(None, "is no mapping; write at least `recipe: default.v1` and `language: en`")
    if not isinstance(tree, Mapping):
        return None
    reading = Reading(registry or ComponentRegistry(), report, skip_unsupported)
    recipe_class = _recipe_class(tree, reading)
    _check_top_level(tree, recipe_class, reading)
    recipe = recipe_class.read(tree, reading)
    for line, problem in name_problems(recipe.components, reading.registry):
        report(line, problem)
    train = read_train(tree, report)
    for key, reason in recipe.inapplicable(train).items():
        report(_line_of_train_key(tree, key), f"'train.{key}' can do nothing here: {reason}")
    return Config(
        path=path,
        language=text_of(tree, "language", report),
        assistant_id=text_of(tree, "assistant_id", report),
        train=train,
        values=plain(tree),
        recipe=recipe,
        notices=tuple(reading.notices),
    )


def named_components(path: Path) -> list[NamedComponent]:
    """Return the components that a config file names, whatever else is wrong with it."""
    tree = read_tree(path, _ignored)
    if not isinstance(tree, Mapping):
        return []
    return _recipe_class(tree, Reading(ComponentRegistry(), _ignored)).named_components(tree)


def _ignored(line: int | None, what: str) -> None:
    """Take a problem that is reported elsewhere."""


def _recipe_class(tree: Mapping, reading: Reading) -> type[Recipe]:
    """Return the recipe that a config names; the default one, after a notice or a report."""
    name = text_of(tree, "recipe", reading.report)
    if name is None:
        reading.notices.append(f"no recipe is named: {DEFAULT_RECIPE} is used")
    elif name not in RECIPES:
        remedy = did_you_mean(name, RECIPES)
        reading.report(tree.lines["recipe"], f"unknown recipe '{name}'. {remedy}")
    return RECIPES.get(name or DEFAULT_RECIPE, RECIPES[DEFAULT_RECIPE])


def _check_top_level(tree: Mapping, recipe: type[Recipe], reading: Reading) -> None:
    """Report unknown keys, and note those that are passed over."""
    known = (*_COMMON_KEYS, *recipe.KEYS, *recipe.SKIPPED)
    for key, line in tree.lines.items():
        if key not in known:
            reading.report(line, f"unknown key '{key}'. {_remedy(key, known)}")
    reading.notices.extend(
        f"'{key}' is skipped: {reason}"
        for key, reason in recipe.SKIPPED.items()
        if key in tree.values and plain(tree.values[key])
    )


def _remedy(key: str, known: tuple[str, ...]) -> str:
    others = [name for name, recipe in RECIPES.items() if key in recipe.KEYS]
    return f"It belongs to `recipe: {others[0]}`." if others else did_you_mean(key, known)


def _line_of_train_key(tree: Mapping, key: str) -> int | None:
    train = tree.values.get("train")
    return train.lines.get(key) if isinstance(train, Mapping) else None
