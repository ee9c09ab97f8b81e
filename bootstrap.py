"""Make the virtual environment with what a requirements file names; needs nothing but Python 3.11–3.13 with venv."""

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
HOME = ROOT / ".venv"


def main(requirements: str) -> None:
    """Create .venv if it is missing, and install into it."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        sys.exit("Pasientvarsel needs Python 3.11, 3.12 or 3.13: make run PYTHON=python3.12")
    if not (HOME / "bin" / "python").exists():
        print("Making the virtual environment …", flush=True)
        try:
            venv.create(HOME, with_pip=True)
        except subprocess.CalledProcessError:
            sys.exit("Python's venv module is not complete here. Type: sudo apt-get install python3-venv")
    print(f"Installing {requirements} …", flush=True)
    pip = [str(HOME / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(ROOT / requirements)], check=True)


if __name__ == "__main__":
    main(sys.argv[1])
