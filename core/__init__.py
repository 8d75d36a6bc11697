"""The faces: photos in, numbers and pictures out. Synchronous, and knows nothing of Discord."""

import os

# ONNX Runtime reads this when it is loaded. Otherwise it stores an identifier of this machine on disk and reports each
# network that it runs to Microsoft.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
