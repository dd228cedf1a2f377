"""Training a graph: what of it has to run, and what an earlier training has left in the cache."""

from onnlu_engine.training.cache import Cacheable, TrainingCache
from onnlu_engine.training.graph_trainer import GraphTrainer, TrainingOutcome
from onnlu_engine.training.local_cache import LocalTrainingCache
from onnlu_engine.training.pruning import Action
from onnlu_engine.training.training_plan import NodePlan, TrainingPlan

__all__ = [
    "Action",
    "Cacheable",
    "GraphTrainer",
    "LocalTrainingCache",
    "NodePlan",
    "TrainingCache",
    "TrainingOutcome",
    "TrainingPlan",
]
