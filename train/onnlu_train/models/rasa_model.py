"""RasaModel: a Keras model on flat batches, with its own training and prediction step."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from onnlu_engine.errors import CorruptModelException, OnnluException
from onnlu_train.layers.sparse_to_dense import PaddedBags
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.signature import DataSignature, features_of
from onnlu_train.model_data.tensor_specs import tensor_specs
from onnlu_train.models.decay import with_decay
from onnlu_train.models.outputs import Outputs, merged

Batch = tuple[Any, ...]


class RasaModel(keras.Model):
    """Base of all models: subclasses give `batch_loss` and `batch_predict`.

    A batch is one flat tuple in the order of a data signature: indices, values and dense shape of
    a sparse feature, one tensor for a dense one. In the exported graph `PaddedBags` stand in for
    the three tensors of a sparse feature.

    Args:
        random_seed: seeds Python, numpy and TensorFlow; drawn and recorded if None.
        predict_data_signature: what a batch for prediction looks like.
        kwargs: for Keras.
    """

    def __init__(
        self,
        random_seed: int | None = None,
        predict_data_signature: DataSignature | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.random_seed = (
            random.SystemRandom().getrandbits(31) if random_seed is None else random_seed
        )
        keras.utils.set_random_seed(self.random_seed)
        self.predict_data_signature = predict_data_signature or {}
        self.total_loss = keras.metrics.Mean(name="t_loss")
        self.metrics_to_log = ["t_loss"]
        self._prepared_at: int | None = None
        self._predict_function: Any = None
        self.built = True

    def compile(self, optimizer: Any = "adam", **kwargs: Any) -> None:
        """Compile without XLA: it refuses sparse products, and Keras would choose it on a GPU."""
        super().compile(optimizer=optimizer, **{**kwargs, "jit_compile": False})
        self._prepared_at = None

    # What subclasses give

    def batch_loss(self, batch_in: Batch, training: bool = False) -> tf.Tensor:
        """Return the loss of one batch, a scalar, without regularisation.

        Raises:
            NotImplementedError: the subclass does not train.
        """
        raise NotImplementedError(f"{type(self).__name__} has no batch_loss")

    def batch_predict(self, batch_in: Batch) -> Outputs:
        """Return the outputs of one batch: tensors by name, or by head and name.

        Raises:
            NotImplementedError: the subclass does not predict.
        """
        raise NotImplementedError(f"{type(self).__name__} has no batch_predict")

    def prepare_for_predict(self) -> None:
        """Compute once what all predictions share; it lasts until the model is trained again."""

    # Training

    def train_step(self, batch_in: Batch) -> dict[str, tf.Tensor]:
        """Update the weights with one batch and return the metrics."""
        self.update_weights(batch_in)
        return self.get_metrics_result()

    def update_weights(self, batch_in: Batch) -> None:
        """Update the weights with one batch.

        The gradient of the regularisation joins only where the loss has one: connections that do
        not exist and features that do not occur are left alone. It is computed apart, of the rows
        concerned alone.
        """
        batch_in = _unwrapped(batch_in)
        variables = self.trainable_variables
        with tf.GradientTape() as tape:
            loss = self.batch_loss(batch_in, training=True)
            # As it is, but for mixed precision: its optimizer scales the gradients back.
            scaled = self.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, [v.value for v in variables])
        self.optimizer.apply(
            [
                with_decay(gradient, variable, self.optimizer.scale_loss)
                for gradient, variable in zip(gradients, variables, strict=True)
            ],
            variables,
        )
        self.total_loss.update_state(loss)

    def test_step(self, batch_in: Batch) -> dict[str, tf.Tensor]:
        """Return the metrics of one batch; nothing is updated and nothing dropped."""
        loss = self.batch_loss(_unwrapped(batch_in), training=False)
        self.total_loss.update_state(loss)
        return self.get_metrics_result()

    def get_metrics_result(self) -> dict[str, tf.Tensor]:
        """Return the current value of each metric of `metrics_to_log`.

        `t_loss` is the mean loss of the batches, and the regularisation as it is now: summing it
        up costs more than a step.
        """
        values = {m.name: m.result() for m in self.metrics if m.name in self.metrics_to_log}
        if penalties := self.losses:
            values["t_loss"] += tf.add_n(penalties)
        return values

    # Prediction

    def predict_step(self, batch_in: Batch) -> Outputs:
        """Return the outputs of one batch; the first call prepares the model."""
        self._prepare_if_trained()
        return self.batch_predict(_unwrapped(batch_in))

    def call(self, inputs: Batch, training: bool | None = None, mask: Any = None) -> Outputs:
        """Return what `batch_predict` returns."""
        return self.predict_step(inputs)

    def rasa_predict(self, batch_in: Batch) -> Outputs:
        """Predict one batch of numpy arrays with one traced function, whatever its size.

        Returns:
            The outputs as numpy arrays.
        """
        self._prepare_if_trained()
        if self._predict_function is None:
            # TensorFlow counts how often each piece of code is traced, in all models together, and
            # warns of many; a partial function is counted for itself.
            self._predict_function = tf.function(
                partial(self.predict_step),
                input_signature=[tensor_specs(self.predict_data_signature)],
                jit_compile=False,
            )
        outputs = self._predict_function(tuple(tf.constant(tensor) for tensor in batch_in))
        return tf.nest.map_structure(lambda tensor: tensor.numpy(), outputs)

    def run_inference(
        self,
        model_data: RasaModelData,
        batch_size: int | list[int] = 1,
        output_keys_expected: list[str] | None = None,
    ) -> Outputs:
        """Predict all examples in their order and merge the outputs.

        Args:
            model_data: examples with the features of the predict signature.
            batch_size: examples a batch; a list gives the size of each batch in turn, the last
                one repeated.
            output_keys_expected: outputs to keep; None or empty for all.

        Returns:
            Outputs with all examples on axis 0; later axes that differ between batches are padded
            with zeros. Empty for no examples.
        """
        batches = [
            self.rasa_predict(model_data.batch(examples))
            for examples in _consecutive(model_data.number_of_examples, batch_size)
        ]
        if output_keys_expected:
            batches = [{k: v for k, v in b.items() if k in output_keys_expected} for b in batches]
        return merged(batches) if batches else {}

    def _prepare_if_trained(self) -> None:
        with tf.init_scope():
            steps = int(self.optimizer.iterations) if self.compiled else 0
            if self._prepared_at != steps:
                self.prepare_for_predict()
                self._prepared_at = steps

    # Saving and loading

    def save(self, model_file_name: str | Path, overwrite: bool = True) -> None:
        """Write the weights as safetensors; the file is there whole or not at all.

        Raises:
            OnnluException: the file exists and is not to be overwritten.
        """
        path = Path(model_file_name)
        if path.exists() and not overwrite:
            raise OnnluException(f"{path} exists. Choose another name, or allow overwriting.")
        arrays = self.weights_by_name()
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            temporary.write_bytes(save(arrays))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    @classmethod
    def load(
        cls,
        model_file_name: str | Path,
        model_data_example: RasaModelData | None = None,
        predict_data_example: RasaModelData | None = None,
        finetune_mode: bool = False,
        *args: Any,
        **kwargs: Any,
    ) -> Self:
        """Build a model and fill in its weights; nothing is fitted.

        Args:
            model_file_name: safetensors file.
            model_data_example: runs through the loss once where layers are built by their input.
            predict_data_example: predicted once, so that the next prediction is fast.
            finetune_mode: the model will be trained further; it is not warmed up.
            args: for the constructor.
            kwargs: for the constructor.

        Raises:
            CorruptModelException: the file and the model do not have the same weights.
        """
        model = cls(*args, **kwargs)
        if model_data_example is not None:
            model.batch_loss(model_data_example.batch(np.arange(1)))
        model.load_named_weights(Path(model_file_name))
        if predict_data_example is not None and not finetune_mode:
            model.run_inference(predict_data_example)
        return model

    def load_named_weights(self, path: Path) -> None:
        """Set every weight from a file.

        Raises:
            CorruptModelException: a weight is missing, unknown or of another shape.
        """
        try:
            arrays = load_file(path)
        except (OSError, SafetensorError) as error:
            raise CorruptModelException(f"{path}: the weights cannot be read: {error}") from error
        try:
            self.assign_weights(arrays)
        except CorruptModelException as error:
            raise CorruptModelException(f"{path}: {error}") from error

    def weights_by_name(self) -> dict[str, npt.NDArray[Any]]:
        """Return a copy of every weight."""
        return {name: np.asarray(weight).copy() for name, weight in self._named_weights().items()}

    def assign_weights(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Set every weight.

        Raises:
            CorruptModelException: a weight is missing, unknown or of another shape.
        """
        weights = self._named_weights()
        wrong = sorted(weights.keys() ^ arrays.keys())
        wrong += [n for n in weights if n in arrays and arrays[n].shape != tuple(weights[n].shape)]
        if wrong:
            raise CorruptModelException(
                f"these weights do not fit the model's configuration: {', '.join(wrong)}. "
                "Train the model again."
            )
        for name, weight in weights.items():
            weight.assign(arrays[name])
        self._prepared_at = None

    def _named_weights(self) -> dict[str, Any]:
        named = {weight.path: weight for weight in self.weights}
        if len(named) != len(self.weights):
            raise OnnluException(
                f"{type(self).__name__} has weights of the same name: name every layer."
            )
        return named

    @staticmethod
    def batch_to_model_data_format(
        batch: Batch, data_signature: DataSignature
    ) -> dict[str, dict[str, list[Any]]]:
        """Rebuild features by key and sub key from a flat batch.

        Args:
            batch: flat tuple of tensors or arrays.
            data_signature: what they are, in order.

        Returns:
            Sparse features as tensors with a static last dimension (or the `PaddedBags` given in
            their place), dense ones as they are.

        Raises:
            ValueError: the batch has more or fewer tensors than the signature.
        """
        tensors = list(_unwrapped(batch))
        features: dict[str, dict[str, list[Any]]] = {}
        for key, sub_key, _, feature in features_of(data_signature):
            in_three = feature.is_sparse and not isinstance(next(iter(tensors), None), PaddedBags)
            width = 3 if in_three else 1
            taken, tensors = tensors[:width], tensors[width:]
            if len(taken) < width:
                raise ValueError(f"the batch ends before {key}.{sub_key}: its signature is longer")
            value = _sparse_tensor(taken, feature.units) if in_three else taken[0]
            features.setdefault(key, {}).setdefault(sub_key, []).append(value)
        if tensors:
            raise ValueError(f"the batch has {len(tensors)} tensors more than its signature")
        return features


def _sparse_tensor(tensors: Sequence[Any], units: int) -> tf.SparseTensor:
    indices, values, shape = (tf.convert_to_tensor(tensor) for tensor in tensors)
    batch, time, _ = tf.unstack(shape)
    static = tf.stack([batch, time, tf.constant(units, tf.int64)])
    return tf.SparseTensor(indices, values, static)


def _unwrapped(batch_in: Batch) -> Batch:
    """Keras hands a batch over inside a tuple of its own."""
    if len(batch_in) and isinstance(batch_in[0], tuple) and not isinstance(batch_in[0], PaddedBags):
        return batch_in[0]
    return batch_in


def _consecutive(examples: int, batch_size: int | list[int]) -> list[npt.NDArray[np.int64]]:
    sizes = [batch_size] if isinstance(batch_size, int) else list(batch_size)
    batches: list[npt.NDArray[np.int64]] = []
    start = 0
    while start < examples:
        size = sizes[min(len(batches), len(sizes) - 1)]
        batches.append(np.arange(start, min(start + size, examples)))
        start += size
    return batches
