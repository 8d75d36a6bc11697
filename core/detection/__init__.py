"""Where faces are, at any size and turn, and the mesh of each: the thorough way beside MediaPipe's own detector."""
