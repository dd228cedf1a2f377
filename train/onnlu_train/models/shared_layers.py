"""Whether labels can pass through the layers of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from onnlu.features import SENTENCE, SEQUENCE
from onnlu_engine.errors import InvalidConfigException
from onnlu_train.model_data.signature import FeatureSignature, described

Signatures = Mapping[str, Sequence[FeatureSignature]]


def check_sharing(text: Signatures, label: Signatures) -> None:
    """Check that labels can pass through the layers of texts.

    Raises:
        InvalidConfigException: they have features that texts do not have like that.
    """
    problems = [
        f"{kind} features of labels are {described(label[kind])}, "
        f"those of texts {described(text.get(kind, ()))}"
        for kind in (SEQUENCE, SENTENCE)
        if kind in label and label[kind] != text.get(kind)
    ]
    if problems:
        raise InvalidConfigException(
            f"share_hidden_layers: texts and labels need features of one kind, but "
            f"{'; '.join(problems)}. Set `use_shared_vocab: true` on the featurizer, name it alone "
            "in `featurizers`, or do not share."
        )
