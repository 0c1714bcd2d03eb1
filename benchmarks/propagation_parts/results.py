"""Results on disk, one JSON file a row, so that runs can be cut, continued and put together."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from propagation_parts.machine import circumstances
from propagation_parts.part import Record, Samples
from propagation_parts.tables import slug


class Results:
    """A folder of rows: `PART/ENGINE/KEY.json`.

    Args:
        folder: made when the first row is kept.
        label: what runs; rows of other engines and qualities lie beside, in folders of their own.
        threads: written into every row.
    """

    def __init__(self, folder: Path, label: str, threads: int) -> None:
        self._folder, self._label, self._threads = folder, label, threads

    def get(self, part: str, key: str) -> Record | None:
        """A row kept before, None where there is none."""
        path = self._path(part, key)
        if not path.is_file():
            return None
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Record(kept["figures"], Samples(**kept["samples"]), kept["made"])

    def put(self, part: str, key: str, record: Record) -> Record:
        """Keep a row, all or nothing; the same row, with what is now known of its making."""
        path = self._path(part, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        made = circumstances(self._threads)
        content = {
            "part": part,
            "key": key,
            "engine": self._label,
            "figures": record.figures,
            "samples": asdict(record.samples),
            "made": made,
        }
        beside = path.with_suffix(f".{os.getpid()}.tmp")
        beside.write_text(json.dumps(content, indent=1), encoding="utf-8")
        beside.replace(path)
        return record._replace(made=made)

    def samples(self, part: str) -> Samples:
        """All scored rows of a part, whatever its keys."""
        score: list[float] = []
        iou: list[float] = []
        for path in sorted((self._folder / part / slug(self._label)).glob("*.json")):
            kept = json.loads(path.read_text(encoding="utf-8"))["samples"]
            score += kept["score"]
            iou += kept["iou"]
        return Samples(score, iou)

    def _path(self, part: str, key: str) -> Path:
        return self._folder / part / slug(self._label) / f"{slug(key)}.json"
