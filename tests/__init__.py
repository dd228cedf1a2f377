"""All tests are one package: those of the export use the oracles of the training."""
