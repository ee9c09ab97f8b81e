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
    large = one(folder, "large", patients=scale(20_000), appointments=scale(80_000), entries=scale(80_000))
    report("import_csv", large[0], "rows/s")
    report("import_journal", large[2], "rows/s")
    report("import_csv_peak", large[1], "MiB")
    report("import_csv_peak_4x_rows", large[1] / small[1], "x", ("<=", 1.2))


def one(folder: Path, name: str, *, patients: int, appointments: int, entries: int = 0) -> tuple[float, float, float]:
    """Import one set of files; returns rows/s, the process' peak memory in MiB, and journal entries/s."""
    target = folder / name
    clinic = make_clinic()
    sizes = ("--patients", str(patients), "--appointments", str(appointments), "--entries", str(entries))
    manage("make_csv", *sizes, "--out", str(target))
    people, peak = timed(clinic.pk, target / "pasienter.csv", target / "timer.csv")
    journal, journal_peak = timed(clinic.pk, target / "journal.csv") if entries else (1.0, 0.0)
    return (patients + appointments) / people, max(peak, journal_peak), entries / journal


def timed(clinic: int, *paths: Path) -> tuple[float, float]:
    """Import files one after the other; returns seconds and peak memory in MiB."""
    began = time.perf_counter()
    peak = max(manage("import_csv", str(path), "--clinic", str(clinic)) for path in paths)
    return time.perf_counter() - began, peak


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
