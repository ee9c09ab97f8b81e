"""Import: rows a second and peak memory, at one size and at four times that."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.figures import report, scale
from benchmarks.world import make_clinic


def run(folder: Path) -> None:
    """Import generated CSV files in processes of their own."""
    small = one(folder, "small", patients=scale(5_000), appointments=scale(20_000))
    large = one(folder, "large", patients=scale(20_000), appointments=scale(80_000))
    report("import_csv", large[0], "rows/s")
    report("import_csv_peak", large[1], "MiB")
    report("import_csv_peak_4x_rows", large[1] / small[1], "x", ("<=", 1.2))


def one(folder: Path, name: str, *, patients: int, appointments: int) -> tuple[float, float]:
    """Import one pair of files; returns rows/s and the process' peak memory in MiB."""
    target = folder / name
    clinic = make_clinic()
    manage("make_csv", "--patients", str(patients), "--appointments", str(appointments), "--out", str(target))
    began = time.perf_counter()
    peak = max(manage("import_csv", str(path), "--clinic", str(clinic.pk)) for path in order(target))
    return (patients + appointments) / (time.perf_counter() - began), peak


def order(target: Path) -> list[Path]:
    """Return the files, patients first."""
    return sorted(target.glob("*.csv"), key=lambda path: "pas" not in path.name and "patient" not in path.name)


def manage(*arguments: str) -> float:
    """Run a management command; returns its peak memory in MiB."""
    script = (
        "import resource, subprocess, sys;"
        "code = subprocess.run([sys.executable, 'manage.py', *sys.argv[1:]], stdout=subprocess.DEVNULL,"
        " stderr=subprocess.PIPE);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss);"
        "sys.stderr.write(code.stderr.decode()) if code.returncode else None;"
        "sys.exit(code.returncode)"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return int(done.stdout.split()[-1]) / 1024
