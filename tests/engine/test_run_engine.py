"""The loop without broker runs every app's scheduled tasks, and outlives one that fails."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from celery import current_app

from notifications.management.commands import run_engine
from notifications.management.commands.run_engine import Command, Schedule


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, settings: object) -> list[str]:
    """What has run, with three scheduled tasks: one each second, one each minute that fails, and one of the engine."""
    done: list[str] = []

    def task(name: str, fails: bool = False) -> SimpleNamespace:
        def run() -> None:
            done.append(name)
            assert not fails

        return SimpleNamespace(run=run)

    tasks = {"bulk.often": task("bulk.often"), "post.seldom": task("post.seldom", fails=True)}
    monkeypatch.setattr(run_engine, "current_app", SimpleNamespace(tasks=tasks))
    every = {"bulk.often": 1.0, "post.seldom": 60.0, "notifications.tasks.send_due": 1.0}
    settings.CELERY_BEAT_SCHEDULE = {name: {"task": name, "schedule": seconds} for name, seconds in every.items()}
    return done


def test_each_runs_at_its_interval_and_the_first_time_at_once(ran):
    schedule = Schedule()

    for second in range(120):
        schedule.run(1_000.0 + second)

    assert (ran.count("bulk.often"), ran.count("post.seldom")) == (120, 2)
    assert set(ran) == {"bulk.often", "post.seldom"}  # the engine's own are done by tick()


def test_one_that_raises_is_logged_and_stops_nobody(ran, caplog):
    with caplog.at_level(logging.ERROR):
        Schedule().run(0.0)

    assert ran == ["bulk.often", "post.seldom"]
    assert "post.seldom failed" in caplog.text


def test_every_scheduled_task_exists():
    current_app.loader.import_default_modules()

    assert set(Schedule().every) <= set(current_app.tasks)
    assert {"bulk_send.tasks.make_due", "bulk_send.tasks.hand_over_due"} <= set(Schedule().every)


@pytest.mark.django_db
def test_the_command_does_a_round_without_a_broker(monkeypatch, settings):
    """A task that starts another would hang on a broker that is not there; here it is run on the spot."""
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:9/0"
    started: list[tuple[str, bool]] = []
    honest: Callable[..., None] = Schedule.run

    def run(schedule: Schedule, now: float) -> None:
        schedule.every = {name: 1.0 for name in schedule.every if name.startswith("bulk_send.")}
        honest(schedule, now)
        started.extend((name, current_app.conf.task_always_eager) for name in schedule.every)

    def stop(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Schedule, "run", run)
    monkeypatch.setattr(run_engine.time, "sleep", stop)

    try:
        with pytest.raises(KeyboardInterrupt):
            Command().handle()
    finally:
        current_app.conf.task_always_eager = False

    assert ("bulk_send.tasks.hand_over_due", True) in started
