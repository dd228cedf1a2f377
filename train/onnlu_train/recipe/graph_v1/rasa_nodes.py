"""Nodes of a schema as Rasa 3.6 writes it: what they are here, and which of them are not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from onnlu_engine.registry import ComponentRegistry
from onnlu_train.data.yaml_tree import Mapping as Tree
from onnlu_train.data.yaml_tree import Scalar
from onnlu_train.recipe.own_classes import class_name

_OF_DIALOGUE: Final = ("rasa.core.", "rasa.graph_components.")
"""Packages of Rasa with policies, domains, stories, and validators of all of it."""

_NOT_OPTIONS_HERE: Final = {"NLUTrainingDataProvider": ("persist", "language")}
"""The model keeps texts of its own accord, and the importer knows the language."""


def our_name(uses: str) -> str:
    """Return the name under which a class of Rasa is known here; another name as it is.

    >>> our_name("rasa.nlu.classifiers.diet_classifier.DIETClassifier")
    'DIETClassifier'
    >>> our_name("bot.shouting.Shout")
    'bot.shouting.Shout'
    """
    return class_name(uses) if uses.startswith("rasa.") else uses


def without_rasa_options(uses: str, config: Tree) -> Tree:
    """Return a node's config without what only Rasa's class of that name can be told."""
    dropped = _NOT_OPTIONS_HERE.get(our_name(uses), ()) if uses != our_name(uses) else ()
    return Tree(
        config.line,
        {key: value for key, value in config.values.items() if key not in dropped},
        {key: line for key, line in config.lines.items() if key not in dropped},
    )


def skip_dialogue(nodes: Mapping[str, Tree], registry: ComponentRegistry) -> dict[str, str | None]:
    """Return the nodes that serve dialogue only, each with the importer that it hands on.

    Rasa's validators return the importer that they are given, so whoever needs it of one gets it
    of the validator's own parent.

    Args:
        nodes: of a schema.
        registry: knows the components that are here.

    Returns:
        Name to the parent for the parameter `importer`; None where the node has none.
    """
    here = registry.names()
    skipped: dict[str, str | None] = {}
    for name, node in nodes.items():
        uses = _text(node, "uses")
        if uses.startswith(_OF_DIALOGUE) and our_name(uses) not in here:
            needs = node.values.get("needs")
            skipped[name] = (_text(needs, "importer") or None) if isinstance(needs, Tree) else None
    return skipped


def _text(tree: Tree, key: str) -> str:
    value = tree.values.get(key)
    return value.text.strip() if isinstance(value, Scalar) else ""
