"""Fuzzing of everything that reads bytes from outside, guided by coverage (Atheris).

    python -m fuzz --minutes 10             all targets, one after the other
    python -m fuzz photos --minutes 10      one of them

What is found is left in fuzz/found/TARGET/, and belongs into `tests/fuzz/test_fuzz_targets.py` once it is mended.
"""
