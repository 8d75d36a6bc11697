"""Results and errors in people's words: no Discord, no images."""
