"""Components that need TensorFlow, or that only training needs."""
