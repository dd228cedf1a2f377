"""Training data and configuration files, read with every problem at its line."""

from onnlu_train.data.importer import TrainingDataImporter
from onnlu_train.data.places import Place, Places
from onnlu_train.data.reading import ReadResult, gather_training_data, read_training_data

__all__ = [
    "Place",
    "Places",
    "ReadResult",
    "TrainingDataImporter",
    "gather_training_data",
    "read_training_data",
]
