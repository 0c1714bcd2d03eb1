"""Two first runs into one new folder: what both persons drew is there."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import masklet

RUN = textwrap.dedent("""
    import sys
    from pathlib import Path
    import masklet
    import masklet.formats.files
    from masklet.store import Project
    from masklet.testing import Scene

    out, frame = Path(sys.argv[1]), int(sys.argv[2])
    scene = Scene("arena", size_wh=(96, 72), n_frames=4, seed=3)
    add = Project.add_video

    def slowly(project, *given):
        print("here", flush=True)
        sys.stdin.readline()  # both are filling now
        return add(project, *given)

    Project.add_video = slowly
    truth = scene.truth(tails="none", frames=range(frame, frame + 1))
    masklet.track(scene, truth, out=out, engine="flow", frames="0-0")
""")


def test_two_first_runs_at_once_keep_what_both_drew(tmp_path: Path) -> None:
    pipe = subprocess.PIPE
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", RUN, str(tmp_path), frame],
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
        )
        for frame in ("0", "3")
    ]
    for run in runs:
        assert run.stdout is not None
        assert run.stdout.readline() == "here\n"
    for run in runs:
        _, told = run.communicate("\n", timeout=120)
        assert run.returncode == 0, told
    rows = masklet.read(tmp_path / "project.masklet")
    assert rows.take(rows.trusted).frames.tolist() == [0, 3]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["masks.parquet", "project.masklet"]
