"""Results -> the pictures people look at: a module a kind of picture.

Digits and marks only: a card serves every language. Each is opaque and dark, so that it stands as well on a dark
chat as on a light one. What a colour says, a position says too (the gauge's tick, the number).
"""
