"""The set-up. It uses the standard library alone, since nothing else is installed when it starts."""
