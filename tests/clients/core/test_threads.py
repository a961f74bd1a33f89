"""Many threads and tasks on one secret, in real time."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
import rotating
from rotating import LOGINS_AT_ONCE, Secret, Version
from rotating.verdicts import Verdicts

from tests.clients.core.world import CURRENT, PENDING, World, WrongError, is_wrong

THREADS = 8


@dataclass
class Target:
    """Counts logins; holds them all until `together` are in it."""

    world: World
    together: int = 1
    logins: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _here: threading.Condition = field(default_factory=threading.Condition)
    _inside: int = 0

    def log_in(self, version: Version) -> str:
        password = str(version.text)
        with self._here:
            self._inside += 1
            self._here.notify_all()
            self._here.wait_for(lambda: self._inside >= self.together, 10)
            self.logins.append(password)
            accepted = password in self.world.accepts
        if not accepted:
            raise WrongError(password)
        return password


def all_at_once(use: Callable[[], str], threads: int = THREADS) -> list[str | Exception]:
    def caught() -> str | Exception:
        try:
            return use()
        except WrongError as error:
            return error

    with ThreadPoolExecutor(threads) as pool:
        return [each.result() for each in [pool.submit(caught) for _ in range(threads)]]


def test_a_version_that_never_worked_is_tried_by_one_thread_first() -> None:
    world = World({CURRENT: "wrong"}, set())
    target = Target(world)
    secret = Secret("app", source=world, wait_seconds=0.2)
    outcomes = all_at_once(lambda: secret.attempt(target.log_in, rejected=is_wrong))
    assert target.logins == ["wrong"]
    assert {type(each) for each in outcomes} == {WrongError}


def test_once_it_works_no_thread_waits_for_another() -> None:
    world = World({CURRENT: "one"}, {"one"})
    secret = Secret("app", source=world)
    secret.attempt(Target(world).log_in, rejected=is_wrong)
    target = Target(world, together=THREADS)  # no login ends before all have begun
    assert all_at_once(lambda: secret.attempt(target.log_in, rejected=is_wrong)) == ["one"] * 8


def test_logins_that_are_rejected_together_count_as_one_and_read_once() -> None:
    world = World({CURRENT: "one"}, {"one"})
    secret = Secret("app", source=world)
    secret.attempt(Target(world).log_in, rejected=is_wrong)
    world.labels[PENDING], world.accepts = "two", {"two"}
    target = Target(world, together=THREADS)
    assert all_at_once(lambda: secret.attempt(target.log_in, rejected=is_wrong)) == ["two"] * 8
    assert target.logins.count("one") == THREADS
    assert world.reads.count(PENDING) <= THREADS / 2
    assert world.reads.count(CURRENT) <= 1 + THREADS / 2


def test_one_thread_reads_anew_while_the_others_go_on_with_what_is_known() -> None:
    reading, free = threading.Event(), threading.Event()

    class Slow(World):
        def read(self, stage: str) -> Version:
            version = super().read(stage)
            if len(self.reads) > 1:
                reading.set()
                assert free.wait(10)
            return version

    world = Slow({CURRENT: "one"}, {"one"})
    secret = Secret("app", source=world, lifetime_seconds=0)
    secret.current()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(secret.current)
        assert reading.wait(10)
        assert [secret.current().id for _ in range(100)] == ["id-of-one"] * 100
        assert len(world.reads) == 2
        assert slow.result(10).id == "id-of-one", "it does not wait for as long as AWS hangs"
        free.set()


def test_a_use_that_hangs_holds_nobody_up_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rotating.verdicts._TRIAL_SECONDS", 0.1)
    world = World({CURRENT: "one"}, {"one"})
    secret = Secret("app", source=world)
    inside, free = threading.Event(), threading.Event()

    def hang(_: Version) -> str:
        inside.set()
        assert free.wait(10)
        return "hung"

    with ThreadPoolExecutor(1) as pool:
        hung = pool.submit(secret.attempt, hang)
        assert inside.wait(10)
        assert secret.attempt(Target(world).log_in, rejected=is_wrong) == "one"
        free.set()
        assert hung.result(10) == "hung"


async def _log_in(world: World, version: Version) -> str:
    await asyncio.sleep(0)
    return world.log_in(version)


def test_tasks_find_the_pending_version_too() -> None:
    world = World({CURRENT: "one"}, {"one"})
    secret = Secret("app", source=world)

    async def use() -> str:
        return await secret.attempt_async(lambda it: _log_in(world, it), rejected=is_wrong)

    async def all_of_them() -> list[str]:
        assert await use() == "one"
        world.labels[PENDING], world.accepts = "two", {"two"}
        return await asyncio.gather(*(use() for _ in range(50)))

    assert asyncio.run(all_of_them()) == ["two"] * 50


def test_tasks_that_wait_leave_the_loop_to_the_others() -> None:
    world = World({CURRENT: "one"}, set())
    secret = Secret("app", source=world)

    async def both() -> tuple[str, int]:
        waiting = asyncio.create_task(
            secret.attempt_async(lambda it: _log_in(world, it), rejected=is_wrong)
        )
        turns = 0
        while not waiting.done():
            await asyncio.sleep(0.01)
            turns += 1
            if turns == 20:
                world.labels, world.accepts = {CURRENT: "two"}, {"two"}
        return await waiting, turns

    found, turns = asyncio.run(both())
    assert found == "two"
    assert turns >= 20


def test_a_task_that_is_cancelled_leaves_the_trial_to_another() -> None:
    world = World({CURRENT: "one"}, {"one"})
    secret = Secret("app", source=world)

    async def cancelled() -> str:
        began = asyncio.Event()

        async def hang(_: Version) -> str:
            began.set()
            await asyncio.sleep(60)
            return "hung"

        hanging = asyncio.create_task(secret.attempt_async(hang))
        await began.wait()
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        before = time.monotonic()
        found = await secret.attempt_async(lambda it: _log_in(world, it), rejected=is_wrong)
        assert time.monotonic() - before < 4, "it waited for the one that was cancelled"
        return found

    assert asyncio.run(cancelled()) == "one"


def test_the_pending_version_is_not_tried_while_another_thread_tries_the_current_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World({CURRENT: "one", PENDING: "two"}, {"one"})
    secret = Secret("app", source=world)
    trying, waiting = threading.Event(), threading.Event()
    wait = Verdicts.wait

    def noted(verdicts: Verdicts, news: int, seconds: float) -> None:
        waiting.set()
        wait(verdicts, news, seconds)

    monkeypatch.setattr(Verdicts, "wait", noted)

    def slow(version: Version) -> str:
        trying.set()
        assert waiting.wait(10)
        return world.log_in(version)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(secret.attempt, slow, rejected=is_wrong)
        assert trying.wait(10)
        second = pool.submit(world.use, secret)
        assert [first.result(10), second.result(10)] == ["one", "one"]
    assert [password for _, password, _ in world.logins] == ["one", "one"]
    assert PENDING not in world.reads


def test_labels_are_not_read_in_the_loops_own_thread() -> None:
    readers = []

    class Told(World):
        def read(self, stage: str) -> Version:
            readers.append(threading.current_thread())
            return super().read(stage)

    world = Told({CURRENT: "one"}, set())
    secret = Secret("app", source=world, wait_seconds=0.01)
    with pytest.raises(WrongError):
        world.use(secret)
    readers.clear()
    monotonic = time.monotonic() + 2  # so long ago that it is read anew

    async def use() -> str:
        return await secret.attempt_async(lambda it: _log_in(world, it), rejected=is_wrong)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: monotonic)
        with pytest.raises(WrongError):
            asyncio.run(use())
    assert readers
    assert threading.main_thread() not in readers


def test_of_logins_that_are_under_way_together_two_are_rejected() -> None:
    world = World({CURRENT: "one"}, {"one"})
    secret = Secret("app", source=world)
    secret.attempt(Target(world).log_in, rejected=is_wrong)
    world.labels[PENDING], world.accepts = "two", {"two"}
    target = Target(world, together=LOGINS_AT_ONCE)
    assert (
        all_at_once(
            lambda: secret.attempt(target.log_in, rejected=is_wrong, at_once=LOGINS_AT_ONCE)
        )
        == ["two"] * 8
    )
    assert target.logins.count("one") == LOGINS_AT_ONCE


def test_a_login_that_hangs_is_not_counted_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rotating.verdicts._TRIAL_SECONDS", 0.2)
    world = World({CURRENT: "one"}, {"one"})
    secret = Secret("app", source=world)
    secret.attempt(Target(world).log_in, rejected=is_wrong)
    inside, free = threading.Semaphore(0), threading.Event()

    def hang(_: Version) -> str:
        inside.release()
        assert free.wait(10)
        return "hung"

    with ThreadPoolExecutor(2) as pool:
        hung = [pool.submit(secret.attempt, hang, at_once=2) for _ in range(2)]
        assert inside.acquire(timeout=10)
        assert inside.acquire(timeout=10)
        assert secret.attempt(Target(world).log_in, rejected=is_wrong, at_once=2) == "one"
        free.set()
        assert [each.result(10) for each in hung] == ["hung"] * 2


def test_the_date_of_the_next_rotation_holds_nobody_up() -> None:
    free = threading.Event()

    class Slow(World):
        def next_rotation(self) -> datetime | None:
            assert free.wait(30)
            return None

    world = Slow({CURRENT: "one"}, {"one"})
    secret = Secret("app", source=world, lifetime_seconds=0)
    for _ in range(3):
        assert secret.attempt(Target(world).log_in, rejected=is_wrong) == "one"
    world.labels[PENDING], world.accepts = "two", {"two"}
    assert secret.attempt(Target(world).log_in, rejected=is_wrong) == "two"
    free.set()


def test_a_task_that_is_cancelled_while_it_reads_leaves_no_trial() -> None:
    reading, free = threading.Event(), threading.Event()

    class Slow(World):
        def read(self, stage: str) -> Version:
            reading.set()
            assert free.wait(10)
            return super().read(stage)

    world = Slow({CURRENT: "one"}, {"one"})
    secret = Secret("app", source=world)

    async def cancelled() -> str:
        waiting = asyncio.create_task(
            secret.attempt_async(lambda it: _log_in(world, it), rejected=is_wrong)
        )
        await asyncio.to_thread(reading.wait, 10)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        free.set()
        before = time.monotonic()
        found = await secret.attempt_async(lambda it: _log_in(world, it), rejected=is_wrong)
        assert time.monotonic() - before < 4, "it waited for the one that was cancelled"
        return found

    assert asyncio.run(cancelled()) == "one"


def test_the_last_error_is_not_lost_to_a_login_that_works_meanwhile() -> None:
    world = World({CURRENT: "one"}, set())
    secret = Secret("app", source=world, wait_seconds=0)
    with pytest.raises(WrongError):
        secret.attempt(Target(world).log_in, rejected=is_wrong)
    waiting = secret.begin()
    assert waiting.next() is None
    world.accepts = {"one"}
    other = secret.begin()
    version = secret.current()
    other.accepted(version)
    assert isinstance(waiting.error, WrongError)


def test_each_raises_an_error_of_its_own() -> None:
    world = World({CURRENT: "one"}, set())
    secret = Secret("app", source=world, wait_seconds=0)
    errors = []
    for _ in range(3):
        with pytest.raises(WrongError) as caught:
            secret.attempt(Target(world).log_in, rejected=is_wrong)
        errors.append(caught.value)
    assert len({id(each) for each in errors}) == 3


class Held(World):
    """One whose pending version takes until `free`."""

    def __init__(self) -> None:
        super().__init__({CURRENT: "one"}, set())
        self.reading, self.free = threading.Event(), threading.Event()

    def read(self, stage: str) -> Version:
        if stage == PENDING:
            self.reading.set()
            assert self.free.wait(30)
        return super().read(stage)


def test_aws_that_hangs_is_not_waited_for_beyond_what_is_to_be_waited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rotating.looks._PATIENCE_SECONDS", 0.1)
    world = Held()
    secret = Secret("app", source=world, wait_seconds=0.1)
    with pytest.raises(WrongError):
        secret.attempt(Target(world).log_in, rejected=is_wrong)
    assert world.reading.is_set()
    assert not world.free.is_set()
    world.free.set()


def test_aws_that_hangs_puts_no_login_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The target was wrong for a moment, as a replica that has not heard of it yet."""
    monkeypatch.setattr("rotating.looks._PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr("rotating.verdicts._COOL_SECONDS", (0.3,))
    world = Held()
    secret = Secret("app", source=world)
    logins: list[str] = []

    def log_in(version: Version) -> str:
        logins.append(str(version.text))
        if len(logins) == 1:
            raise WrongError("once")
        return logins[-1]

    assert secret.attempt(log_in, rejected=is_wrong) == "one"
    assert not world.free.is_set()
    world.free.set()


def test_tasks_that_wait_for_aws_leave_the_loops_threads_to_the_others() -> None:
    world = Held()
    secret = Secret("app", source=world, wait_seconds=1)

    async def use() -> None:
        with pytest.raises(WrongError):
            await secret.attempt_async(lambda it: _log_in(world, it), rejected=is_wrong)

    async def other() -> bool:
        waiting = [asyncio.create_task(use()) for _ in range(40)]
        await asyncio.to_thread(world.reading.wait, 10)
        held = await asyncio.to_thread(world.free.is_set)
        world.free.set()
        await asyncio.gather(*waiting)
        return held

    assert asyncio.run(other()) is False


def test_the_date_of_the_next_rotation_is_known_soon_after_the_first_reading() -> None:
    asked = threading.Event()

    class Asked(World):
        def next_rotation(self) -> datetime | None:
            asked.set()
            return None

    secret = Secret("app", source=Asked({CURRENT: "one"}, {"one"}), lifetime_seconds=3600)
    secret.current()
    assert asked.wait(10)


FORKED = """
import os, threading
from rotating import Secret, Version

reading, free = threading.Event(), threading.Event()

class Source:
    name = "app"
    is_slow = False
    def read(self, stage):
        if self.is_slow and os.getpid() == parent:
            reading.set()
            free.wait()
        return Version(self.name, "v", text="one")
    def next_rotation(self):
        return None

parent, source = os.getpid(), Source()
secret = Secret("app", source=source)
secret.current()
source.is_slow = True
threading.Thread(target=secret.refresh, daemon=True).start()
reading.wait()
child = os.fork()
if not child:
    os._exit(0 if secret.refresh().text == "one" and secret.attempt(str) else 1)
free.set()
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_process_that_was_forked_in_the_middle_of_a_reading_goes_on() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKED],
        env={**os.environ, "PYTHONPATH": str(Path(rotating.__file__).parents[1])},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
