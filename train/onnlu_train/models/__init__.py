"""Keras models: RasaModel, TransformerRasaModel, DIET."""
