"""One suite per Protocol: does this engine, format, store or source keep the rules?

Each check raises `AssertionError` with the rule that is broken; it returns nothing when all hold.
Call them from a test of one's own plugin; no test framework is needed.
"""

from masklet.testing.conformance.formats import check_format
from masklet.testing.conformance.media import check_media
from masklet.testing.conformance.propagators import check_propagator
from masklet.testing.conformance.segmenters import check_segmenter
from masklet.testing.conformance.stores import check_store

__all__ = ["check_format", "check_media", "check_propagator", "check_segmenter", "check_store"]
