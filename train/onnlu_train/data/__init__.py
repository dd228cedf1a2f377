"""Training data and configuration files, read with every problem at its line."""

from onnlu_train.data.importer import TrainingDataImporter
from onnlu_train.data.reading import ReadResult, read_training_data

__all__ = ["ReadResult", "TrainingDataImporter", "read_training_data"]
