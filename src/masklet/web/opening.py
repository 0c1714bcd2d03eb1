"""From what a person names (a video, a project, a folder, nothing) to a project that is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from masklet.core import DataError, Video
from masklet.core.video import plain_name
from masklet.media.images import is_pattern
from masklet.media.opening import open_media
from masklet.store.project import SUFFIX, Project
from masklet.verbs.projects import PROJECT, project_at

_SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True)
class Place:
    """Where a project lies and which video is to be in it.

    Args:
        project: the file, which may not be there yet.
        video: what is to be in it; None = what is in it already.
        chosen: did the person choose the folder? Then a further video is added to it.
    """

    project: Path
    video: Video | None = None
    chosen: bool = False

    @property
    def folder(self) -> Path:
        """The folder that the project lies in."""
        return self.project.parent


def find_place(path: str = "", out: str = "") -> Place:
    """Where the project of `path` is, or is to be made. Nothing is written.

    Args:
        path: a project, a folder with one, a video, a folder or glob of images; empty = the current
            folder.
        out: the folder for the project of a video; empty = one named after the video, here.

    Raises `DataError` for what is not there, and for a camera or stream.
    """
    if not path:
        return Place((Path(out) if out else Path.cwd()) / PROJECT)
    place = Path(path)
    if place.is_dir() and project_at(place).exists():
        return Place(project_at(place))
    if place.is_file() and (place.suffix == SUFFIX or _is_database(place)):
        return Place(place)
    if place.suffix == SUFFIX:
        raise DataError(f"project {path} does not exist; check the path, or name a video to make one")
    video = _video(path)
    folder = Path(out) if out else Path.cwd() / (plain_name(str(place.absolute())) or "video")
    return Place(folder / PROJECT, video, bool(out))


def open_place(place: Place) -> tuple[Project, bool]:
    """The project of a place, open for writing, and whether it was made now.

    The video is added where the person chose the folder or the project has none; its path is brought
    up to date. Raises `DataError` where a project of another video stands in the way.
    """
    made = not place.project.exists()
    if made:
        Project.create(place.project, place.video).close()
    project = Project.open(place.project)
    try:
        if place.video is not None and not made:
            _bring_in(project, place)
    except BaseException:
        project.close()
        raise
    return project, made


def _bring_in(project: Project, place: Place) -> None:
    video, known = place.video, project.videos()
    assert video is not None
    for number, one in known.items():
        if one.content_hash == video.content_hash and one.n_frames == video.n_frames:
            project.update_video(video, number)
            return
    if known and not place.chosen:
        names = ", ".join(one.name for one in known.values())
        raise DataError(
            f"{place.project} stands in the way: it is a project of {names}, not of {video.uri}; "
            "choose another folder with --out, or name it with --out to add the video to it"
        )
    project.add_video(video)


def _video(path: str) -> Video:
    """What is known of a video, with its whole path: a server may be started anywhere."""
    whole = str(Path(path).absolute()) if is_pattern(path) or Path(path).exists() else path
    media = open_media(whole)
    try:
        video = media.video
        if video.n_frames < 0:
            raise DataError(f"{path} is a live source without an end; record it to a file first")
        return video
    finally:
        close = getattr(media, "close", None)
        if callable(close):
            close()


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False
