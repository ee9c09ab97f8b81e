"""`make bench`, or `make bench ARGS="sms email"`: prints one line a figure."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from benchmarks import world

NAMES = ("dispatch", "sms", "email", "import", "pages", "risk", "journal", "bulk", "receipts", "due_scan")


def main(wanted: list[str]) -> None:
    """Run the figures named, or all."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        os.environ.update(world.SECRETS, VAR_DIR=name)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        world.register_plain_subject()
        from benchmarks import bulk, engine, importing, journal, million, pages, receipts, risk

        engine.settings_line()
        figures = {
            "dispatch": engine.claim_and_dispatch,
            "sms": engine.sms,
            "email": engine.email,
            "import": lambda: importing.run(Path(name)),
            "pages": lambda: million.run(*pages.run()),
            "risk": risk.run,
            "journal": journal.run,
            "bulk": bulk.run,
            "receipts": receipts.run,
            "due_scan": engine.due_scan,
        }
        with world.outside(Path(name)):
            for figure in wanted or NAMES:
                figures[figure]()


if __name__ == "__main__":
    main(sys.argv[1:])
