"""What features describe: the keys of model data and of batches."""

from typing import Final

TEXT_KEY: Final = "text"
LABEL_KEY: Final = "label"
ENTITIES_KEY: Final = "entities"

LABEL_IDS: Final = "ids"
LENGTHS: Final = "lengths"
