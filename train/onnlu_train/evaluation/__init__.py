"""How well a model does on texts with known intents and entities."""
