"""What a request goes through: admission, the queue, its state, and the batches of an average."""
