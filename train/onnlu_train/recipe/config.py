"""The config file of a training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from onnlu_engine.errors import InvalidConfigException, did_you_mean
from onnlu_engine.registry import ComponentRegistry
from onnlu_train.data.problems import Problems, Report
from onnlu_train.data.yaml_tree import Mapping, Node, Scalar, Sequence, plain, read_tree
from onnlu_train.recipe.pipeline import PipelineItem, PipelineReader, default_pipeline
from onnlu_train.recipe.train_section import read_train

RECIPE: Final = "default.v1"
_SKIPPED: Final = {
    "policies": "dialogue is not trained here",
    "importers": "training data is named on the command line",
}
_KNOWN: Final = ("version", "recipe", "language", "assistant_id", "pipeline", "train", *_SKIPPED)


@dataclass(frozen=True, slots=True)
class Config:
    """What a config file asks for, checked.

    Attributes:
        path: the file.
        language: ISO code of the data's language; None if it does not matter.
        assistant_id: the user's name for the assistant, if any.
        pipeline: the components in order.
        train: how models are trained; keys that go before the options of components.
        values: the whole file as plain dicts, lists and values.
        notices: one line each on what was passed over or filled in.
    """

    path: Path
    language: str | None
    assistant_id: str | None
    pipeline: tuple[PipelineItem, ...]
    train: dict[str, Any]
    values: dict[str, Any]
    notices: tuple[str, ...]


def read_config(
    path: Path, registry: ComponentRegistry | None = None, *, skip_unsupported: bool = False
) -> Config:
    """Read and check a config file.

    Args:
        path: YAML, as of Rasa 3.6.
        registry: knows the components; by default the installed ones.
        skip_unsupported: leave out components of Rasa that are not here, each with a notice.

    Returns:
        The config. A missing or empty `pipeline` is the default one.

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
    notices: list[str] = []
    return Config(
        path=path,
        language=_text(tree, "language", report),
        assistant_id=_text(tree, "assistant_id", report),
        pipeline=_pipeline(
            tree, registry or ComponentRegistry(), report, notices, skip_unsupported
        ),
        train=read_train(tree, report),
        values=plain(tree),
        notices=(*_check_top_level(tree, report), *notices),
    )


def _check_top_level(tree: Mapping, report: Report) -> list[str]:
    """Report unknown keys and recipes; return notices on those that are passed over."""
    for key, line in tree.lines.items():
        if key not in _KNOWN:
            report(line, f"unknown key '{key}'. {did_you_mean(key, _KNOWN)}")
    notices = [
        f"'{key}' is skipped: {reason}"
        for key, reason in _SKIPPED.items()
        if key in tree.values and plain(tree.values[key])
    ]
    recipe = _text(tree, "recipe", report)
    if recipe is None:
        notices.append(f"no recipe is named: {RECIPE} is used")
    elif recipe != RECIPE:
        report(tree.lines["recipe"], f"unknown recipe '{recipe}'; write `recipe: {RECIPE}`")
    return notices


def _text(tree: Mapping, key: str, report: Report) -> str | None:
    """Return the text under a key, or None where there is none."""
    node = tree.values.get(key)
    match node:
        case None | Scalar(value=None):
            return None
        case Scalar():
            return node.text.strip()
        case _:
            report(tree.lines[key], f"'{key}' is no text; write one word")
            return None


def _pipeline(
    tree: Mapping,
    registry: ComponentRegistry,
    report: Report,
    notices: list[str],
    skip_unsupported: bool,
) -> tuple[PipelineItem, ...]:
    node: Node | None = tree.values.get("pipeline")
    match node:
        case None | Scalar(value=None) | Sequence(items=()):
            try:
                return default_pipeline(registry, notices)
            except InvalidConfigException as error:
                report(None, str(error))
        case Sequence():
            return PipelineReader(registry, report, notices, skip_unsupported).read(node)
        case _:
            report(tree.lines["pipeline"], "'pipeline' is no list; write `- name: Component` lines")
    return ()
