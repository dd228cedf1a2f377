"""Turns a user's config into the graphs that train a model and predict with it."""

from onnlu_train.recipe.checks import option_problems
from onnlu_train.recipe.config import Config, gather_config, read_config
from onnlu_train.recipe.graphs import custom_components, graph_model_configuration
from onnlu_train.recipe.pipeline import PipelineItem

__all__ = [
    "Config",
    "PipelineItem",
    "custom_components",
    "gather_config",
    "graph_model_configuration",
    "option_problems",
    "read_config",
]
