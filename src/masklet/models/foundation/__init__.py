"""Engines on published weights: SAM 2, EdgeTAM, SAM 3 and Grounding DINO, on the transformers classes."""
