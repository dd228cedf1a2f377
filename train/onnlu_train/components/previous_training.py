"""What a component learnt before it is trained further, and what that demands of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from onnlu.decoding.tags import ENTITY, GROUP, ROLE, TagSpec
from onnlu_engine.errors import IncompatibleModelException, InvalidDataException
from onnlu_train.components.learning_task import LearningTask
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.sparse_feature_sizes import NamedSizes, aligned, shrunk

if TYPE_CHECKING:  # TensorFlow comes with it
    from onnlu_train.models.transformer_rasa_model import TransformerRasaModel

_TAGGED: Final = {ENTITY: "entity types", ROLE: "roles", GROUP: "groups"}


@dataclass(frozen=True)
class PreviousTraining:
    """What a component learnt before.

    Attributes:
        component: what messages call it.
        facts: what a decoder of its model has to know.
        sizes: widths of the sparse features that it learnt from.

    Raises:
        IncompatibleModelException: the widths are those of an older version.
    """

    component: str
    facts: Mapping[str, Any]
    sizes: NamedSizes

    def __post_init__(self) -> None:
        kinds = (kind for kinds in self.sizes.values() for kind in kinds.values())
        if not all(isinstance(sizes, Mapping) for sizes in kinds):
            raise IncompatibleModelException(
                f"The {self.component} of the model to finetune was trained by an older version, "
                "which did not note what each featurizer gave. Train from the beginning, without "
                "--finetune."
            )

    def check_labels(self, task: LearningTask) -> None:
        """Check that a task tells apart what was told apart before: the outputs of a model stay.

        Raises:
            InvalidDataException: it does not; the message names what is new and what is gone.
        """
        before = _names(self.facts, task.labelling.name)
        after = _names(task.facts, task.labelling.name)
        problems = []
        for kind in dict.fromkeys([*before, *after]):
            old, new = before.get(kind, ()), after.get(kind, ())
            if unknown := [name for name in new if name not in old]:
                problems.append(f"{kind} that the model does not know: {', '.join(unknown)}")
            if gone := [name for name in old if name not in new]:
                problems.append(f"{kind} that the data no longer has: {', '.join(gone)}")
        if problems:
            raise InvalidDataException(
                f"{self.component} cannot be finetuned on this data:\n"
                + "\n".join(f"  {problem}" for problem in problems)
                + "\nA finetuned model tells apart what it did before, no more and no less. Give "
                "examples of all of that and of nothing else, or train from the beginning, without "
                "--finetune."
            )

    def adjust(
        self,
        model: TransformerRasaModel,
        data: RasaModelData,
        labels: RasaModelData,
        sizes: NamedSizes,
    ) -> None:
        """Make the model take the features of other training data.

        Args:
            model: as it was trained before.
            data: the training data.
            labels: features of every label.
            sizes: widths of the sparse features of the training data.

        Raises:
            InvalidDataException: featurizers give less than before, or features of another kind.
        """
        if problems := list(shrunk(self.sizes, sizes)):
            raise InvalidDataException(
                f"{self.component} cannot be finetuned, as featurizers give less than before:\n"
                + "\n".join(f"  {problem}" for problem in problems)
                + "\nA featurizer that is finetuned keeps its columns. Train from the beginning, "
                "without --finetune."
            )
        before, after = aligned(self.sizes, sizes)
        model.adjust_for_incremental_training(data.data, after, before, labels)


def _names(facts: Mapping[str, Any], label: str) -> dict[str, list[str]]:
    """Return what a model tells apart, by kind."""
    names = {f"{label}s": list(facts["labels"])}
    for document in facts.get("tag_specs", ()):
        spec = TagSpec.from_json(document, facts["bilou"])
        values = dict.fromkeys(tag.value for tag in spec.parsed() if tag.value)
        names[_TAGGED[spec.name]] = list(values)
    return names
