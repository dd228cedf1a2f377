"""Which components of Rasa 3.6 are here, which have a counterpart, and which are not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from onnlu_engine.errors import did_you_mean
from onnlu_engine.registry import ComponentRegistry


class SupportStatus(StrEnum):
    """How a component of a pipeline is supported."""

    SUPPORTED = "supported"
    COUNTERPART = "has a counterpart"
    ABSENT = "not here"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ComponentSupport:
    """What becomes of one component of a pipeline.

    Attributes:
        status: whether it is here.
        counterpart: the component to use in its place; None where there is none.
        remark: why it is not here, and what to do; empty where it is supported.
    """

    status: SupportStatus
    counterpart: str | None = None
    remark: str = ""

    @property
    def explanation(self) -> str:
        """Why the component is not here and what to use in its place, as the end of a sentence."""
        place = f". Use {self.counterpart} in its place" if self.counterpart else ""
        return f"it {self.remark}{place}"

    @property
    def is_skippable(self) -> bool:
        """Whether it is known, and not here."""
        return self.status in (SupportStatus.COUNTERPART, SupportStatus.ABSENT)


_TOKENIZER: Final = "WhitespaceTokenizer"
_VECTORS: Final = "WordVectorsFeaturizer"
_DIET: Final = "DIETClassifier"

_SPACY: Final = "needs spaCy"
_MITIE: Final = "needs MITIE"
_CONVERT: Final = "needs the ConveRT model"
_LANGUAGE_MODEL: Final = "needs Hugging Face Transformers"
_DUCKLING: Final = (
    "asks a Duckling server about each text, and a model here asks no network; "
    "ask the server in the service that parses"
)

# Name -> counterpart and why it is not here. What a package registers is supported, whatever
# stands here.
_NOT_HERE: Final[dict[str, tuple[str | None, str]]] = {
    "SpacyNLP": (None, f"{_SPACY}, and only the other spaCy components need it; leave it out"),
    "SpacyTokenizer": (_TOKENIZER, _SPACY),
    "SpacyFeaturizer": (_VECTORS, _SPACY),
    "SpacyEntityExtractor": (_DIET, f"{_SPACY}; annotate such entities in the training data"),
    "MitieNLP": (None, f"{_MITIE}, and only the other MITIE components need it; leave it out"),
    "MitieTokenizer": (_TOKENIZER, _MITIE),
    "MitieFeaturizer": (_VECTORS, _MITIE),
    "MitieEntityExtractor": (_DIET, _MITIE),
    "MitieIntentClassifier": (_DIET, _MITIE),
    "JiebaTokenizer": (
        None,
        "needs Jieba; write a tokenizer of your own, derived from "
        "onnlu.components.tokenizer.Tokenizer",
    ),
    "ConveRTTokenizer": (_TOKENIZER, f"{_CONVERT}; Rasa dropped it in version 3"),
    "ConveRTFeaturizer": (_VECTORS, _CONVERT),
    "HFTransformersNLP": (None, f"{_LANGUAGE_MODEL}; Rasa dropped it in version 3; leave it out"),
    "LanguageModelTokenizer": (_TOKENIZER, f"{_LANGUAGE_MODEL}; Rasa dropped it in version 3"),
    "LanguageModelFeaturizer": (_VECTORS, _LANGUAGE_MODEL),
    "CRFEntityExtractor": (_DIET, "needs sklearn-crfsuite; DIET has a CRF over its entities too"),
    "DucklingEntityExtractor": (None, _DUCKLING),
    "DucklingHTTPExtractor": (None, _DUCKLING),
    "SklearnIntentClassifier": (_DIET, "needs scikit-learn, which a served model does without"),
    "LogisticRegressionClassifier": (
        _DIET,
        "needs scikit-learn, which a served model does without",
    ),
}


def component_support(name: str, registry: ComponentRegistry | None = None) -> ComponentSupport:
    """Say whether a component that a pipeline names is here; nothing is imported for it.

    Args:
        name: as in `- name: ...`; a dotted path is a class of the user's own.
        registry: knows the components; by default the installed ones.

    >>> component_support("SpacyFeaturizer").counterpart
    'WordVectorsFeaturizer'
    >>> component_support("DietClassifier").remark
    "is no component. Did you mean 'DIETClassifier'?"
    """
    names = (registry or ComponentRegistry()).names()
    if name in names or ("." in name and not name.startswith("rasa.")):
        return ComponentSupport(SupportStatus.SUPPORTED)
    if name in _NOT_HERE:
        counterpart, remark = _NOT_HERE[name]
        status = SupportStatus.COUNTERPART if counterpart else SupportStatus.ABSENT
        return ComponentSupport(status, counterpart, remark)
    if name.startswith("rasa."):
        remark = f"is a class of Rasa; write `name: {name.rpartition('.')[2]}`"
    else:
        remark = f"is no component. {did_you_mean(name, [*names, *_NOT_HERE])}"
    return ComponentSupport(SupportStatus.UNKNOWN, remark=remark)
