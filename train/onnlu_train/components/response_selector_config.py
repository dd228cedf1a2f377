"""The options of the response selector: defaults with the values of Rasa 3.6."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from onnlu_train.components.diet_config import AS_RASA
from onnlu_train.components.diet_config import DEFAULTS as DIET_DEFAULTS
from onnlu_train.components.model_options import FLAG, Rule, check_options

logger = logging.getLogger(__name__)

NAME: Final = "ResponseSelector"
TRANSFORMER_SIZE: Final = 256

_NOT_OF_A_SELECTOR: Final = (
    "intent_classification",
    "entity_recognition",
    "BILOU_flag",
    "split_entities_by_comma",
    "rasa_compat",
)

DEFAULTS: dict[str, Any] = {
    **{key: value for key, value in DIET_DEFAULTS.items() if key not in _NOT_OF_A_SELECTOR},
    **AS_RASA,
    "retrieval_intent": None,
    "use_text_as_label": False,
    "hidden_layers_sizes": {"text": [256, 128], "label": [256, 128]},
    "transformer_size": None,
    "number_of_transformer_layers": 0,
    "dense_dimension": {"text": 512, "label": 512},
    "concat_dimension": {"text": 512, "label": 512},
    "scale_loss": True,
    "connection_density": 1.0,
    "use_sparse_input_dropout": False,
    "use_dense_input_dropout": False,
}

_RULES: dict[str, Rule] = {
    "retrieval_intent": (
        lambda value: value is None or (isinstance(value, str) and value != ""),
        "the name of an intent, or null for all retrieval intents",
    ),
    "use_text_as_label": FLAG,
}


def checked_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with a transformer size where one is needed and none is set.

    Raises:
        InvalidConfigException: options are wrong or not supported; the message names all of them.
    """
    options = dict(config)
    if options["number_of_transformer_layers"] and not options["transformer_size"]:
        options["transformer_size"] = TRANSFORMER_SIZE
    check_options(NAME, options, _RULES)
    return options


def warn_of_transformer(config: Mapping[str, Any]) -> None:
    """Warn of what is set beside a transformer, and of what is not.

    Args:
        config: the options as the user set them.
    """
    if not config["number_of_transformer_layers"]:
        return
    if any(config["hidden_layers_sizes"].values()):
        logger.warning(
            "%s: number_of_transformer_layers is %d, and there are hidden layers before the "
            "transformer: set hidden_layers_sizes to empty lists, unless you want both.",
            NAME,
            config["number_of_transformer_layers"],
        )
    if not config["transformer_size"]:
        logger.warning(
            "%s: transformer_size is not set, and number_of_transformer_layers is %d: it is %d.",
            NAME,
            config["number_of_transformer_layers"],
            TRANSFORMER_SIZE,
        )
