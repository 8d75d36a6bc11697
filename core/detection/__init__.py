"""Finds faces of any size and rotation, and the mesh of each."""
