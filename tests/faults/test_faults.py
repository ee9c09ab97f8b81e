"""Every message ends accepted once, or in a visible state: proved with real processes (spec J1, J2)."""

from __future__ import annotations

import signal

import pytest

from tests.faults.house import House
from tests.rig import wait_for

pytestmark = [pytest.mark.fault]
VISIBLE = {"accepted", "delivered", "failed", "undelivered", "bounced", "failed_unknown", "unconfirmed", "expired"}


def each_once(house: House, count: int) -> None:
    """Every recipient's message was taken exactly once, and the database says so."""
    times = house.times_accepted()
    assert len(times) == count
    assert set(times.values()) == {1}
    assert set(house.states()) <= {"accepted", "delivered"}
    assert sum(house.states().values()) == count


def test_ordinary_run_delivers_each_once_with_receipts(house: House) -> None:
    """The measure for the others: nothing fails, all are delivered (spec J2)."""
    house.seed(sms=40, email=20)

    house.start_worker()
    house.wait_settled()
    wait_for(lambda: house.states() == {"delivered": 60})

    each_once(house, 60)


def test_worker_killed_in_mid_batch_loses_and_repeats_nothing(house: House) -> None:
    """kill -9 of the worker and its children, twice, while the gateway is slow; no row is hit twice."""
    house.modes(sms={"delay": 0.15})
    house.seed(sms=120)

    for taken in (5, 30):
        house.start_worker()
        house.wait_accepted(taken)
        house.kill("worker")
    house.modes(sms={"delay": 0})
    house.start_worker()
    house.wait_settled()

    each_once(house, 120)


def test_row_lost_by_two_workers_is_shown_and_never_sent_twice(house: House) -> None:
    """A single notice is handed over twice at most; after that staff see that nobody knows (design, section 3)."""
    house.modes(sms={"mode": "hang", "seconds": 60}, email={"mode": "ok"})
    house.env["PROVIDER_TIMEOUT"] = "4"  # inside the lease, or the batch would begin no call at all
    house.seed(sms=4)

    for number in (1, 2):
        house.start_worker()
        wait_for(lambda n=number: house.sql("SELECT count(*) FROM notifications_attempt") == [(4 * n,)])
        house.kill("worker")
    house.start_worker()
    house.wait_settled()

    assert house.states() == {"failed_unknown": 4}
    assert house.accepted() == []


def test_broker_emptied_and_killed_loses_nothing(house: House) -> None:
    """The row is the promise: FLUSHALL by death, an empty Redis, and the ticks find every row."""
    house.modes(sms={"delay": 0.05})
    house.seed(sms=100)
    house.start_worker()
    house.wait_accepted(10)

    house.redis.stop(signal.SIGKILL)
    house.redis.start()
    house.wait_settled()

    each_once(house, 100)


def test_silent_broker_stops_nobody_from_working(house: House) -> None:
    """Redis stands still: the promise is written all the same, and is kept when it moves again."""
    assert house.redis.process
    house.redis.process.send_signal(signal.SIGSTOP)
    try:
        house.seed(sms=5)
        assert house.sql("SELECT count(*) FROM notifications_notification WHERE state = 'waiting'") == [(5,)]
    finally:
        house.redis.process.send_signal(signal.SIGCONT)
    house.start_worker()
    house.wait_settled()

    each_once(house, 5)


def test_database_crash_in_mid_run_loses_and_repeats_nothing(house: House) -> None:
    """An immediate shutdown is a crash; web and worker reconnect by themselves."""
    house.modes(sms={"delay": 0.05})
    house.seed(sms=100)
    house.start_worker()
    house.wait_accepted(15)

    house.postgres.stop("immediate")
    house.postgres.start(durable=True)
    house.wait_settled()

    each_once(house, 100)


@pytest.mark.parametrize("mode", ["500-accepted", "hang-accepted", "reset-accepted", "malformed"])
def test_accepted_without_an_answer_is_found_again_and_not_repeated(house: House, mode: str) -> None:
    """An unknown outcome is never treated as failed: the provider is asked first."""
    house.modes(sms={"mode": mode, "count": 12, "callbacks": "none"}, email={"mode": mode, "count": 3})
    house.seed(sms=30, email=6)

    house.start_worker()
    house.wait_settled()

    each_once(house, 36)


@pytest.mark.parametrize("mode", ["429", "500", "hang", "reset"])
def test_not_accepted_is_sent_when_the_provider_is_well_again(house: House, mode: str) -> None:
    """429 rests the channel; the others are asked about, not found, and sent once more."""
    house.modes(sms={"mode": mode, "count": 12, "retry_after": 1}, email={"mode": mode, "count": 2, "retry_after": 1})
    house.seed(sms=30, email=6)

    house.start_worker()
    house.wait_settled()

    each_once(house, 36)


def test_wrong_credentials_fail_nobody_and_raise_an_alarm(house: House) -> None:
    """A set-up error rests the channel; the rows wait, staff are told, and e-mail goes on."""
    house.modes(sms={"mode": "401"})
    house.seed(sms=5, email=5)

    house.start_worker()
    wait_for(lambda: house.sql("SELECT reason FROM notifications_channelpause") == [("provider_setup",)])
    wait_for(lambda: len(house.accepted()) == 5)

    wait_for(lambda: house.states().get("queued") == 5)  # now and then on their way to a trial that is refused
    assert not VISIBLE & set(house.states()) - {"accepted", "delivered"}


def test_late_repeated_shuffled_and_forged_receipts_end_delivered(house: House) -> None:
    """Order, repeats and forgeries do not matter (spec J2)."""
    house.modes(sms={"callbacks": "shuffled"}, email={"callbacks": "duplicate"})
    house.seed(sms=20, email=10)
    house.start_worker()
    wait_for(lambda: house.states() == {"delivered": 30})

    house.modes(sms={"callbacks": "forged"}, email={"callbacks": "forged"})
    house.seed(sms=10, email=5)
    wait_for(lambda: house.states() == {"delivered": 45})

    each_once(house, 45)
