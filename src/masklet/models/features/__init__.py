"""ImageNet features for everything that looks at pixels with a network."""

import os

from masklet.models.features.heap import steady_heap

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
"""Threads of torch that wait must sleep: spinning, they take the cores from OpenCV and the decoder, and
two programs on one machine slow each other down tenfold. Read when torch is first imported."""
steady_heap()
