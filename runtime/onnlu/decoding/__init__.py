"""From a model's numbers to intents and entities; training and serving share it."""
