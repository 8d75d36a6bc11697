"""What a request goes through: admission, the line, its state, and the spreading of an average over workers."""
