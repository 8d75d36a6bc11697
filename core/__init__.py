"""The faces: photos in, numbers and pictures out. Synchronous, and knows nothing of Discord."""
