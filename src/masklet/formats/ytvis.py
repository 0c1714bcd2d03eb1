"""YouTube-VIS: one JSON for many videos, a track with a mask a frame as one annotation.

Source: Yang, Fan, Xu, "Video Instance Segmentation", ICCV 2019 (arXiv 1905.04804) and the format of
its challenge: videos with `file_names`, annotations with `segmentations` that are null where the object
is not visible. The flat flavour that tracking tools use (images with `video_id` and `frame_id`,
annotations with `instance_id`, known as CocoVID) and lists of results are read as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from masklet.core import DataError, Flags, Masks, UsageError, Video
from masklet.core.protocols import Annotation
from masklet.formats import ytvis_writer
from masklet.formats.categories import Index, read_categories, unnamed
from masklet.formats.coco import entry_is_crowd, score_of, track_of
from masklet.formats.frame_names import place
from masklet.formats.jsontext import as_kind, load_json, mentions, need, whole
from masklet.formats.losses import warn_loss
from masklet.formats.nouns import as_masks
from masklet.formats.segmentation import runs_of, size_of
from masklet.ops.table import Row, build

_KNOWN = {
    *("id", "video_id", "image_id", "category_id", "segmentations", "segmentation", "bboxes", "bbox"),
    *("areas", "area", "iscrowd", "score", "track_id", "instance_id", "object_id"),
    *("width", "height", "length"),
}


@dataclass(frozen=True)
class YouTubeVis:
    """YouTube-VIS annotations and results.

    Args:
        results: writing: the bare list of results, one score a track (the mean over its frames).
        crowd: reading: tracks marked `iscrowd` become rows flagged `Flags.CROWD`; without it they are
            left out, since one of them covers many objects.
        like: reading: a YouTube-VIS file whose video and category ids the results use; without it a
            list of results can only be of one video, and its categories have no names.
    """

    results: bool = False
    crowd: bool = False
    like: str | Path | None = None

    def sniff(self, path: Path) -> bool:
        """A JSON with videos and annotations, or a list of results with `segmentations`."""
        found = mentions(path, "videos", "annotations", "video_id", "segmentations")
        if "[" in found:
            return {"video_id", "segmentations"} <= found
        return {"videos", "annotations"} <= found

    def read(self, path: Path, video: Video | None = None) -> list[Masks]:
        """One `Masks` a video of the file, in the order of the file.

        With `video`, only the video of that name (or the only one). Object ids come from the usual
        track keys, else from the annotation's own id, of results from their place in the list.
        Results are read as the videos of the file `like`, one `Masks` each, also of those without a
        result. Raises `DataError` for what is not this format.
        """
        data, where = load_json(path), str(path)
        if not isinstance(data, list):
            return self._tables(where, need(where, data, "annotations", list), where, data, video)
        if self.like is None:
            return [_read_results(where, data, video)]
        return self._tables(where, _numbered(data), str(self.like), load_json(Path(self.like)), video)

    def _tables(
        self, where: str, annotations: list[Any], listed: str, data: Any, video: Video | None
    ) -> list[Masks]:
        """Annotations of the file `where` as tables of the videos that `data` of file `listed` holds."""
        videos = _videos(listed, data)
        categories = as_kind(f"{listed}, 'categories'", data.get("categories", []), list)
        labels, index = read_categories(listed, categories)
        if video is not None:
            videos = _named_like(listed, videos, video)
        _warn_keys(annotations)
        by_video: dict[int, list[tuple[int, Any]]] = {key: [] for key in videos}
        for i, entry in enumerate(annotations):
            key = need(f"{where}, annotation {i}", entry, "video_id", int)
            if key in by_video:
                by_video[key].append((i, entry))
            elif video is None:
                raise DataError(
                    f"{where}, annotation {i} is on video {key}, which {listed} does not list"
                )
        return [
            build(known.video, labels, _rows(where, by_video[key], known, index, self.crowd))
            for key, known in videos.items()
        ]

    def write(self, items: Sequence[Annotation], path: Path) -> None:
        """All videos into one JSON, masks as RLE. Masks without object id become tracks of one frame."""
        ytvis_writer.write([as_masks(item, "ytvis") for item in items], path, self.results)


@dataclass(frozen=True)
class _Listed:
    """A video of the file; `frame_of` maps places in `segmentations`, or image ids, to frames.

    Its values stand in the order of `segmentations`.
    """

    video: Video
    frame_of: dict[int, int]


def _videos(where: str, data: dict[str, Any]) -> dict[int, _Listed]:
    entries = need(where, data, "videos", list)
    listed: dict[int, _Listed] = {}
    for i, entry in enumerate(entries):
        at = f"{where}, video {i}"
        key = need(at, entry, "id", int)
        if key in listed:
            raise DataError(f"{at} repeats id {key}; expected every id once")
        listed[key] = _listed(at, entry) if "file_names" in entry else _from_images(at, entry, data)
    if not listed:
        raise DataError(f"{where} lists no videos; expected at least one")
    return listed


def _listed(where: str, entry: dict[str, Any]) -> _Listed:
    names = need(where, entry, "file_names", list)
    for name in names:
        as_kind(f"{where}, 'file_names'", name, str)
    length = whole(f"{where}, 'length'", entry.get("length", len(names)))
    if length != len(names):
        raise DataError(f"{where} has length {length} and {len(names)} file names; expected as many")
    width, height = size_of(where, entry)
    name = names[0].replace("\\", "/").rpartition("/")[0] if names else ""
    uri = name or str(entry.get("name") or f"video {entry['id']}")
    return _Listed(Video(uri, width, height, length, files=tuple(names)), {i: i for i in range(length)})


def _from_images(where: str, entry: dict[str, Any], data: dict[str, Any]) -> _Listed:
    """The flat flavour: the images that name this video, by their frame numbers."""
    images = [
        (f"{where}, image {i}", image)
        for i, image in enumerate(need(where, data, "images", list))
        if isinstance(image, dict) and image.get("video_id") == entry["id"]
    ]
    if not images:
        raise DataError(f"{where} has no file_names and no images; expected one of them")
    frame_of = {
        need(at, image, "id", int): whole(f"{at}, 'frame_id'", image.get("frame_id", rank))
        for rank, (at, image) in enumerate(images)
    }
    frame_of = dict(sorted(frame_of.items(), key=lambda item: item[1]))
    width, height = size_of(*images[0]) if "width" not in entry else size_of(where, entry)
    n_frames = max(frame_of.values()) + 1
    names = {frame_of[image["id"]]: need(at, image, "file_name", str) for at, image in images}
    files = tuple(names[i] for i in range(n_frames)) if len(names) == n_frames else ()
    return _Listed(
        Video(str(entry.get("name", entry["id"])), width, height, n_frames, files=files), frame_of
    )


def _named_like(where: str, videos: dict[int, _Listed], video: Video) -> dict[int, _Listed]:
    wanted = {video.uri, Path(video.uri).name, Path(video.uri).stem}
    chosen = {k: v for k, v in videos.items() if {v.video.uri, Path(v.video.uri).name} & wanted}
    if len(videos) == 1:
        chosen = videos
    if len(chosen) != 1:
        names = ", ".join(one.video.uri for one in list(videos.values())[:8])
        raise DataError(f"{where} holds {len(videos)} videos ({names}); none is called {video.uri!r}")
    ((key, listed),) = chosen.items()
    if (listed.video.width, listed.video.height) != (video.width, video.height):
        raise DataError(
            f"{where} is for {listed.video.width}x{listed.video.height} pixels but {video.uri} is "
            f"{video.width}x{video.height}; give the media of these annotations"
        )
    frame_of = listed.frame_of
    if video.files and listed.video.files:
        frames = place(listed.video.files, video, where).frames
        frame_of = {key: frames[frame] for key, frame in frame_of.items()}
    elif listed.video.n_frames > video.n_frames >= 0:
        raise DataError(
            f"{where} has {listed.video.n_frames} frames but {video.uri} has {video.n_frames}; give the "
            "media of these annotations"
        )
    return {key: replace(listed, video=video, frame_of=frame_of)}


def _rows(
    where: str, entries: list[tuple[int, Any]], listed: _Listed, index: Index, crowd: bool = False
) -> Iterator[Row]:
    crowds = 0
    for i, entry in entries:
        at = f"{where}, annotation {i}"
        category = need(at, entry, "category_id", int)
        if category not in index:
            raise DataError(f"{at} has category {category}, which the file does not list")
        flags = Flags.CROWD if entry_is_crowd(at, entry) else Flags(0)
        if flags and not crowd:
            crowds += 1
            continue
        object_id = track_of(at, entry)
        if object_id < 0 and "segmentations" in entry:
            object_id = whole(f"{at}, 'id'", entry.get("id", i + 1))
        score, origin = score_of(at, entry)
        for frame, segmentation in _masks_of(at, entry, listed):
            runs = runs_of(at, segmentation, listed.video.size_wh(frame))
            if runs is not None:
                yield Row(
                    frame, object_id, index[category], runs, score=score, origin=origin, flags=flags
                )
    if crowds:
        warn_loss("ytvis", f"{crowds} crowd tracks left out; the option crowd keeps them")


def _masks_of(where: str, entry: Any, listed: _Listed) -> Iterator[tuple[int, Any]]:
    if "segmentations" not in entry:
        key = need(where, entry, "image_id", int)
        if key not in listed.frame_of:
            raise DataError(f"{where} is on image {key}, which its video does not have")
        if entry.get("segmentation"):
            yield listed.frame_of[key], entry["segmentation"]
        return
    segmentations = need(where, entry, "segmentations", list)
    if len(segmentations) != len(listed.frame_of):
        raise DataError(
            f"{where} has {len(segmentations)} masks; expected {len(listed.frame_of)}, one a frame"
        )
    for frame, segmentation in zip(listed.frame_of.values(), segmentations, strict=True):
        if segmentation:
            yield frame, segmentation


def _read_results(where: str, entries: list[Any], video: Video | None) -> Masks:
    if video is None:
        raise UsageError(
            f"{where} is a list of YouTube-VIS results, without sizes; give the file that lists the "
            "videos with the option like, or the media"
        )
    keys = {need(f"{where}, result {i}", entry, "video_id", int) for i, entry in enumerate(entries)}
    if len(keys) > 1:
        raise DataError(
            f"{where} holds results of {len(keys)} videos ({', '.join(map(str, sorted(keys)[:8]))}) and "
            "does not say which is this one; give the file that lists the videos with the option like"
        )
    ids = (need(f"{where}, result {i}", entry, "category_id", int) for i, entry in enumerate(entries))
    labels, index = unnamed(ids)
    listed = _Listed(video, {i: i for i in range(max(video.n_frames, 0))})
    _warn_keys(entries)
    return build(video, labels, _rows(where, list(enumerate(_numbered(entries))), listed, index))


def _numbered(entries: list[Any]) -> list[Any]:
    """Results with an id each: their own, or their place in the list, from 1."""
    return [
        entry | {"id": i + 1} if isinstance(entry, dict) and "id" not in entry else entry
        for i, entry in enumerate(entries)
    ]


def _warn_keys(entries: Sequence[Any]) -> None:
    lost = {key for entry in entries if isinstance(entry, dict) for key in entry} - _KNOWN
    if lost:
        warn_loss("ytvis", f"keys of annotations that masks cannot hold: {', '.join(sorted(lost))}")
