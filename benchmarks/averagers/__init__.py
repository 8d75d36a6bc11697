"""One script for each way to average a folder of faces: `python SCRIPT FOLDER SIZE OUT`.

Each runs in a process of its own, with the Python that has its libraries, and prints as its last line what it took
(see `report.py`). None of them imports this package: other tools' pins clash with ours.
"""
