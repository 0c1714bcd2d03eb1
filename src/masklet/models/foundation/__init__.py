"""Engines on published weights: SAM 2, EdgeTAM, SAM 3, Grounding DINO, on classes of transformers."""
