"""Turns a user's config into the graphs that train a model and predict with it."""

from onnlu_train.recipe.checks import check_graphs, option_problems
from onnlu_train.recipe.config import Config, custom_components, graph_model_configuration
from onnlu_train.recipe.configured import ConfiguredComponent
from onnlu_train.recipe.reading import gather_config, named_components, read_config
from onnlu_train.recipe.recipe import NamedComponent, Recipe

__all__ = [
    "Config",
    "ConfiguredComponent",
    "NamedComponent",
    "Recipe",
    "check_graphs",
    "custom_components",
    "gather_config",
    "graph_model_configuration",
    "named_components",
    "option_problems",
    "read_config",
]
