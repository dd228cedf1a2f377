"""How models are trained: the loop, all that steers it, and all that watches it."""

from onnlu_train.training.callbacks import TrainingCallback, TrainingRun, TrainingSummary
from onnlu_train.training.options import TrainingOptions

__all__ = ["TrainingCallback", "TrainingOptions", "TrainingRun", "TrainingSummary"]
