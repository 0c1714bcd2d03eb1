"""The project behind a folder of results: opened where it is, made where it is not."""

from __future__ import annotations

from pathlib import Path

from masklet.core import DataError, Masks, UsageError, Video
from masklet.store.project import Project

PROJECT = "project.masklet"
"""Name of the project in a folder of results."""


def project_at(path: str | Path) -> Path:
    """The project file that `path` is, or that the folder `path` holds."""
    return Path(path) / PROJECT if Path(path).is_dir() else Path(path)


def open_project(path: Path, video: Video, seeds: Masks | None) -> Project:
    """The project at `path` for `video`, which may have moved; a new one needs seeds.

    Where somebody else makes it at the same moment, it is theirs that is opened.
    Raises `DataError` where the project there is of another video.
    """
    if path.exists():
        return _opened(path, video)
    if seeds is None:
        raise UsageError(
            f"nothing to track: {path.parent} holds no project yet and no annotated frame was given; "
            "add --masks FILE, or --box X0,Y0,X1,Y1"
        )
    try:
        return Project.create(path, video, seeds.labels)
    except DataError:
        if not path.exists():
            raise
        return _opened(path, video)


def _opened(path: Path, video: Video) -> Project:
    project = Project.open(path)
    try:
        _check_same(project, video)
        project.update_video(video)
    except BaseException:
        project.close()
        raise
    return project


def rows_at(path: Path, video: Video) -> Masks | None:
    """What the project at `path` holds of `video`; None where there is no project.

    Raises `DataError` where the project there is of another video.
    """
    if not path.exists():
        return None
    with Project.open(path, readonly=True) as project:
        _check_same(project, video)
        return project.masks().load().replace(video=video)


def _check_same(project: Project, video: Video) -> None:
    stored = next(iter(project.videos().values()))
    same_size = (stored.width, stored.height, stored.n_frames) == (
        video.width,
        video.height,
        video.n_frames,
    )
    if same_size and stored.content_hash == video.content_hash:
        return
    raise DataError(
        f"{project.path} belongs to another video: it has {stored.n_frames} frames of "
        f"{stored.width}x{stored.height} from {stored.uri!r}, this one {video.n_frames} of "
        f"{video.width}x{video.height} and other contents; choose another --out folder"
    )
