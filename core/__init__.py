"""The faces: photos in, numbers and pictures out. Synchronous, and knows nothing of Discord."""

import os

# Read by ONNX Runtime when it is loaded: else it keeps an identifier of this machine on the disk and tells Microsoft
# about each network that is run.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
