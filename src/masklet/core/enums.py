"""The small closed lists that rows refer to by number. Numbers are stored: append, never renumber."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Origin(IntEnum):
    """Where a row came from."""

    HUMAN = 0
    """drawn or corrected by a person"""
    PROMPTED = 1
    """a model's answer to a person's click, box or word on this very frame"""
    PROPAGATED = 2
    """carried here from another frame by a Propagator"""
    PREDICTED = 3
    """found by a model without a prompt"""
    INTERPOLATED = 4
    """computed between two keyframes by a drawing tool's rule"""
    IMPORTED = 5
    """read from a foreign file that does not say"""


class Review(IntEnum):
    """What a person said about a row."""

    TODO = 0
    ACCEPTED = 1
    CORRECTED = 2
    REJECTED = 3


class Flags(IntFlag):
    """Facts about a row (low byte) and reasons to look at it again (high byte)."""

    KEYFRAME = 1
    """stands on its own: drawn here, not derived from neighbours"""
    OCCLUDED = 2
    """partly hidden behind something"""
    TRUNCATED = 4
    """cut by the picture's border"""
    OUTSIDE = 8
    """declared absent here; the row holds an empty mask"""
    PROVISIONAL = 16
    """a quick engine's answer, shown while another one fits, which will replace it"""
    SCENE_CUT = 32
    """the picture changes to another scene on this frame"""
    CROWD = 64
    """one mask over many objects that are not told apart (COCO's `iscrowd`)"""
    LOW_SCORE = 1 << 8
    """the engine doubts this row"""
    SCORE_FALLING = 1 << 9
    """the score has dropped against the frames before"""
    AREA_JUMP = 1 << 10
    """the area changed much more than its neighbours' do"""
    SPLIT = 1 << 11
    """the mask broke into parts"""
    OVERLAP = 1 << 12
    """touches or covers another object"""
    DISAGREE = 1 << 13
    """forward and backward runs differ here"""
    VANISHES = 1 << 14
    """the object is found here and not on the next frame"""
    UNSURE_IDENTITY = 1 << 15
    """may be another object of the same kind"""


DOUBTS = (
    Flags.LOW_SCORE
    | Flags.SCORE_FALLING
    | Flags.AREA_JUMP
    | Flags.SPLIT
    | Flags.OVERLAP
    | Flags.DISAGREE
    | Flags.VANISHES
    | Flags.UNSURE_IDENTITY
)
"""Every reason for review; `flags & DOUBTS` is non-zero where a person should look."""


class ShapeKind(IntEnum):
    """What a row of `Shapes` draws; the layout of its points is given in `Shapes`."""

    POLYGON = 0
    POLYLINE = 1
    BOX = 2
    POINTS = 3
    ELLIPSE = 4
    CUBOID = 5
    MASK = 6
    TAG = 7
