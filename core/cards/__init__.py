"""Results -> the pictures that people see, a module for each question.

They contain digits and marks only, so that they serve every language. Each is opaque and dark, to suit a dark chat as
well as a light one. What a colour says, a position says too (the gauge's tick, the number).
"""
