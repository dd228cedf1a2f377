"""From featurized messages to batches of tensors: index-based, without copies per epoch."""
