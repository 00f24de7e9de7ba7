"""The broker away or killed, the worker killed or closed: what arrives all the same, once, in order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import vision.publish.publisher as publisher_module
from tests.conftest import CommandCentre, Mosquitto, wait_until
from tests.publish.delivery import Connect, MakeEvent, StartBroker, StartPublisher, empty
from vision.publish import Outbox, Topics

pytestmark = pytest.mark.network


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher_module, "LONGEST_RECONNECT_S", 0.5)


def event_ids(centre: CommandCentre) -> list[str]:
    return [json.loads(one.payload)["event_id"] for one in centre.heard("vision/bajiao/cases/")]


def child(code: str, *arguments: object) -> subprocess.Popen[str]:
    """A Python process of its own, with the outbox and publisher at hand."""
    start = (
        "import os, signal, sys, time\nfrom pathlib import Path\nfrom vision.config import MqttSettings\n"
        "from vision.publish import *\n"
        "outbox = Outbox(Path(sys.argv[1]), max_bytes=10**9)\ntopics = Topics('bajiao', 'w-1')\n"
        "publisher = Publisher(MqttSettings(url=sys.argv[2]), outbox, topics)\n"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", start + code, *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.PIPE, text=True
    )


def test_broker_that_comes_later_gets_everything_in_order(
    mosquitto_with: StartBroker, centre_at: Connect, publisher_to: StartPublisher, outbox: Outbox, event: MakeEvent
) -> None:
    broker = mosquitto_with(durable=True)
    broker.start()
    centre = centre_at(broker.port)
    broker.stop()
    publisher = publisher_to(broker.url)
    for n in range(60):
        outbox.add(event(f"e{n:02}", f"c{n % 4}"))
    publisher.wake()
    assert wait_until(lambda: "unreachable" in (publisher.status().error or ""))
    assert outbox.stats().depth == 60
    broker.start()
    assert wait_until(empty(outbox))
    assert wait_until(lambda: len(centre.heard()) == 60)
    arrived = event_ids(centre)
    for case in range(4):
        of_case = [name for name in arrived if int(name[1:]) % 4 == case]
        assert of_case == [f"e{n:02}" for n in range(60) if n % 4 == case]


def test_broker_killed_in_the_middle_loses_nothing_that_it_had_not_acknowledged(
    mosquitto_with: StartBroker,
    centre_at: Connect,
    publisher_to: StartPublisher,
    outbox: Outbox,
    event: MakeEvent,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker = mosquitto_with(durable=True)
    broker.start()
    centre = centre_at(broker.port)
    acknowledged: list[str] = []
    acknowledge = outbox.acknowledge
    monkeypatch.setattr(outbox, "acknowledge", lambda name: (acknowledged.append(name), acknowledge(name)))
    for n in range(300):
        outbox.add(event(f"e{n:03}", f"c{n % 30}"))
    publisher = publisher_to(broker.url)
    assert wait_until(lambda: len(acknowledged) >= 40)
    broker.kill()
    assert wait_until(lambda: not publisher.status().connected)
    before = set(acknowledged)
    assert outbox.stats().depth == 300 - len(before) > 0
    broker.start()
    assert wait_until(empty(outbox), 40)
    rest = {f"e{n:03}" for n in range(300)} - before
    assert wait_until(lambda: rest <= set(event_ids(centre)))
    first_time = list(dict.fromkeys(event_ids(centre)))
    for case in range(30):
        of_case = [name for name in first_time if int(name[1:]) % 30 == case]
        assert of_case == sorted(of_case)
    assert publisher.status().connects == 2


def test_event_of_a_worker_killed_before_the_send_arrives_after_its_restart(
    mosquitto: Mosquitto, centre_at: Connect, publisher_to: StartPublisher, tmp_path: Path
) -> None:
    centre = centre_at(mosquitto.port)
    process = child(
        "from vision.publish.connection import Connection\n"
        "Connection.publish = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)\n"
        "event = OutgoingEvent('e1', 'c1', topics.case('bj-001', 'x'), b'{\"event_id\":\"e1\"}', time.time())\n"
        "outbox.add(event)\npublisher.start()\ntime.sleep(60)\n",
        tmp_path / "outbox.db",
        mosquitto.url,
    )
    assert process.wait(60) == -signal.SIGKILL
    assert centre.heard("vision/bajiao/cases") == []
    again = Outbox(tmp_path / "outbox.db", max_bytes=10**9)
    assert again.stats().depth == 1
    process = child("publisher.start()\ntime.sleep(60)\n", tmp_path / "outbox.db", mosquitto.url)
    try:
        assert wait_until(lambda: event_ids(centre) == ["e1"])
        assert wait_until(empty(again))
    finally:
        process.kill()
        process.wait()
    assert event_ids(centre) == ["e1"]
    again.close()


def test_event_of_a_worker_killed_before_the_deletion_comes_again_word_for_word(
    mosquitto: Mosquitto, centre_at: Connect, tmp_path: Path
) -> None:
    centre = centre_at(mosquitto.port)
    process = child(
        "Outbox.acknowledge = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        'payload = b\'{"event_id":"e1","published_at":null}\'\n'
        "outbox.add(OutgoingEvent('e1', 'c1', topics.case('bj-001', 'x'), payload, time.time()))\n"
        "publisher.start()\ntime.sleep(60)\n",
        tmp_path / "outbox.db",
        mosquitto.url,
    )
    assert process.wait(60) == -signal.SIGKILL
    assert wait_until(lambda: event_ids(centre) == ["e1"])
    again = Outbox(tmp_path / "outbox.db", max_bytes=10**9)
    process = child("publisher.start()\ntime.sleep(60)\n", tmp_path / "outbox.db", mosquitto.url)
    try:
        assert wait_until(empty(again))
    finally:
        process.kill()
        process.wait()
    assert wait_until(lambda: len(event_ids(centre)) == 2)
    first, second = (one.payload for one in centre.heard("vision/bajiao/cases/"))
    assert first == second, "a consumer that drops what it has seen must find the same event"
    assert json.loads(first)["published_at"] is not None
    again.close()


def test_worker_killed_is_reported_lost(
    mosquitto: Mosquitto, centre_at: Connect, topics: Topics, tmp_path: Path
) -> None:
    centre = centre_at(mosquitto.port)
    code = "publisher.start()\npublisher.publish_status(topics.worker_status(), {'state': 'online'})\ntime.sleep(60)\n"
    process = child(code, tmp_path / "other.db", mosquitto.url)
    assert wait_until(lambda: centre.heard(topics.worker_status()))
    process.kill()
    process.wait()
    assert wait_until(lambda: len(centre.heard(topics.worker_status())) == 2)
    states = [json.loads(one.payload) for one in centre.heard(topics.worker_status())]
    assert states == [{"state": "online"}, {"state": "offline", "reason": "lost"}]
    late = centre_at(mosquitto.port, client_id="late")
    assert wait_until(lambda: late.heard(topics.worker_status()))
    assert late.heard(topics.worker_status())[0].retained


def test_closing_flushes_says_stopped_and_sends_no_last_will(
    mosquitto: Mosquitto, centre_at: Connect, publisher_to: StartPublisher, outbox: Outbox, event: MakeEvent,
    topics: Topics,
) -> None:  # fmt: skip
    centre = centre_at(mosquitto.port)
    publisher = publisher_to(mosquitto.url)
    publisher.publish_status(topics.worker_status(), {"state": "online"})
    assert wait_until(lambda: publisher.status().connected)
    for n in range(50):
        outbox.add(event(f"e{n}", "c"))
    publisher.close(20)
    assert outbox.stats().depth == 0
    assert wait_until(lambda: len(centre.heard(topics.worker_status())) == 2)
    assert not wait_until(lambda: len(centre.heard(topics.worker_status())) > 2, 0.5)
    assert json.loads(centre.heard(topics.worker_status())[-1].payload) == {"state": "offline", "reason": "stopped"}
    assert wait_until(lambda: event_ids(centre) == [f"e{n}" for n in range(50)])
    publisher.close()


def test_closing_without_a_broker_keeps_all_on_disk(
    mosquitto_with: StartBroker, publisher_to: StartPublisher, outbox: Outbox, event: MakeEvent
) -> None:
    publisher = publisher_to(mosquitto_with().url)
    outbox.add(event("e1"))
    publisher.close(5)
    assert outbox.stats().depth == 1


def test_states_of_an_absent_broker_arrive_latest_only_and_again_after_a_restart(
    mosquitto_with: StartBroker, centre_at: Connect, publisher_to: StartPublisher, topics: Topics
) -> None:
    broker = mosquitto_with()
    publisher = publisher_to(broker.url)
    topic, gone = topics.camera_status("bj-001"), topics.camera_status("bj-002")
    for fps in (1, 2, 3):
        publisher.publish_status(topic, {"online": True, "fps": fps})
    publisher.publish_status(gone, {"online": True})
    for _ in range(2):
        broker.start()
        assert wait_until(lambda: publisher.status().connected and publisher.status().in_flight == 0)
        centre = centre_at(broker.port)
        assert wait_until(lambda c=centre: len(c.heard("vision/bajiao/cameras")) == 2)
        states = {one.topic: json.loads(one.payload) for one in centre.heard("vision/bajiao/cameras")}
        assert states == {topic: {"online": True, "fps": 3}, gone: {"online": True}}
        broker.kill()  # keeps nothing on disk
        assert wait_until(lambda: not publisher.status().connected)
        centre.close()
    publisher.clear_status(gone)
    broker.start()
    assert wait_until(lambda: publisher.status().connected and publisher.status().in_flight == 0)
    centre = centre_at(broker.port, client_id="late")
    assert wait_until(lambda: centre.heard(topic))
    assert centre.heard(gone) == []
