"""Turns a user's config into the graphs that train a model and predict with it."""

from onnlu_train.recipe.config import Config, read_config
from onnlu_train.recipe.graphs import custom_components, graph_model_configuration
from onnlu_train.recipe.pipeline import PipelineItem

__all__ = [
    "Config",
    "PipelineItem",
    "custom_components",
    "graph_model_configuration",
    "read_config",
]
