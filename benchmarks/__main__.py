"""`python -m benchmarks`: all of them."""

from __future__ import annotations

from benchmarks import faces, gradcam, machine, peer, similar

print(machine.description())
similar.main()
peer.main()
gradcam.main()
faces.main()
