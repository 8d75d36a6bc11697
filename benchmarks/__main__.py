"""`python -m benchmarks`: all of them."""

from __future__ import annotations

from benchmarks import faces, gradcam, machine, similar

print(machine.description())
similar.main()
gradcam.main()
faces.main()
