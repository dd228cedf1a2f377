"""Where the custom actions of an assistant stand; an NLU model has no use for them."""
