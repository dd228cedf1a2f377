"""What TensorFlow has to know of a batch before it sees one."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from onnlu_train.model_data.signature import DataSignature, features_of


def tensor_specs(signature: DataSignature) -> tuple[tf.TensorSpec, ...]:
    """Return the specs of a flat batch: every dimension but the last is open."""
    specs: list[tf.TensorSpec] = []
    for _, _, _, feature in features_of(signature):
        if feature.is_sparse:
            specs.append(tf.TensorSpec([None, feature.number_of_dimensions], tf.int64))
            specs.append(tf.TensorSpec([None], tf.float32))
            specs.append(tf.TensorSpec([feature.number_of_dimensions], tf.int64))
            continue
        open_dimensions: list[int | None] = [None] * feature.number_of_dimensions
        if feature.number_of_dimensions > 1:
            open_dimensions[-1] = feature.units
        specs.append(tf.TensorSpec(open_dimensions, tf.as_dtype(np.dtype(feature.dtype))))
    return tuple(specs)
