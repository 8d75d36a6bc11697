"""dlib's face recognition ResNet v1: its .dat file, and the same network for torch and for onnxruntime.

King, "High Quality Face Recognition with Deep Metric Learning", dlib's blog, 2017. A ResNet of 29 convolutions after
He et al., "Deep Residual Learning for Image Recognition", 2015, with half the filters. Input: (n, 3, 150, 150), RGB
minus (122.782, 117.001, 104.298), divided by 256; output: (n, 128), made to be compared by Euclidean distance.
"""

GRAPH_VERSION = 1
"""Part of the converted file's name: increase it whenever the graph that `graph.convert` writes changes."""
