"""Are these the masks of this video?"""

from __future__ import annotations

import warnings

from masklet.core import OtherVideoWarning, Video


def note_other_video(made_on: Video, video: Video, name: object) -> None:
    """Warn where the contents on which something was made are known and not those of `video`."""
    mine, other = made_on.content_hash, video.content_hash
    if mine and other and mine != other:
        warnings.warn(
            f"{name} was made on {made_on.uri}, whose contents are not those of {video.uri}; "
            "is it the right video?",
            OtherVideoWarning,
            stacklevel=3,
        )
