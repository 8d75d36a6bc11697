"""Request -> result, a module for each question."""
