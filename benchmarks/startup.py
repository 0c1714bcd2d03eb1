"""How long `import masklet` and `masklet --help` take, beside a bare interpreter, in one run."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 15


def seconds(command: list[str]) -> float:
    """Wall time of a process."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    commands = {
        "bare interpreter": [sys.executable, "-c", "pass"],
        "import masklet": [sys.executable, "-c", "import masklet"],
        "import numpy": [sys.executable, "-c", "import numpy"],
        "masklet --help": [sys.executable, "-c", "from masklet.cli.main import run; run()", "--help"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            times[name].append(seconds(command))
    bare = statistics.median(times["bare interpreter"])
    print("| process | median s | min s | times a bare interpreter |")
    print("|---|---|---|---|")
    for name, values in times.items():
        middle = statistics.median(values)
        print(f"| {name} | {middle:.3f} | {min(values):.3f} | {middle / bare:.1f} |")


if __name__ == "__main__":
    main()
