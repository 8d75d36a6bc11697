"""`python -m benchmarks`: all of them."""

from __future__ import annotations

from benchmarks import machine, similar

print(machine.description())
similar.main()
