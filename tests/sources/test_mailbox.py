from __future__ import annotations

import threading

from vision.sources import Mailbox


def test_latest_wins_and_the_overwritten_are_counted() -> None:
    box: Mailbox[int] = Mailbox()
    for number in range(5):
        box.put(number)
    assert box.get(0) == 4
    assert box.dropped == 4
    assert box.get(0) is None


def test_waiting_consumer_is_woken_by_an_item_and_by_the_end() -> None:
    box: Mailbox[str] = Mailbox()
    got: list[str | None] = []
    first = threading.Event()

    def consume() -> None:
        got.append(box.get(30))
        first.set()
        got.append(box.get(30))

    consumer = threading.Thread(target=consume)
    consumer.start()
    box.put("picture")
    assert first.wait(30)
    box.close()
    consumer.join(30)
    assert got == ["picture", None]


def test_last_item_can_be_taken_after_the_end_and_nothing_comes_later() -> None:
    box: Mailbox[int] = Mailbox()
    box.put(1)
    box.close()
    box.put(2)
    assert box.get() == 1
    assert box.get() is None
    assert box.closed
