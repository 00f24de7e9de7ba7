"""The broker for the demo, and the publisher's way to a broker that speaks 3.1.1 only."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.conftest import wait_until
from vision.config import MqttSettings
from vision.publish import IncomingAnswer, Outbox, OutgoingEvent, Publisher, Topics
from vision.simulate.broker import EmbeddedBroker

pytestmark = pytest.mark.network

TOPICS = Topics("demo", "w-1")


def test_publisher_falls_back_to_the_old_protocol_and_stays_with_it(tmp_path: Path) -> None:
    heard: list[paho.MQTTMessage] = []
    answers: list[IncomingAnswer] = []
    outbox = Outbox(tmp_path / "outbox.db", max_bytes=10**9)
    with EmbeddedBroker() as broker:
        centre = paho.Client(CallbackAPIVersion.VERSION2, client_id="centre", protocol=paho.MQTTv311)
        centre.on_message = lambda _client, _data, message: heard.append(message)
        subscribed = threading.Event()
        centre.on_subscribe = lambda *_: subscribed.set()
        centre.connect(broker.host, broker.port)
        centre.loop_start()
        centre.subscribe("vision/#", qos=1)
        assert subscribed.wait(10)
        publisher = Publisher(MqttSettings(url=broker.url), outbox, TOPICS, on_answer=answers.append)
        publisher.start()
        publisher.publish_status(TOPICS.worker_status(), {"state": "online"})
        for n in range(30):
            payload = json.dumps({"event_id": f"e{n}", "published_at": None}).encode()
            outbox.add(OutgoingEvent(f"e{n}", f"c{n % 3}", TOPICS.case("cam", "x"), payload, time.time()))
        publisher.wake()
        assert wait_until(lambda: outbox.stats().depth == 0)
        assert publisher.status().protocol == "3.1.1"
        assert wait_until(lambda: len([one for one in heard if "/cases/" in one.topic]) == 30)
        centre.publish("vision/demo/answers/c1", b"{}", qos=1)
        assert wait_until(lambda: answers == [IncomingAnswer("c1", b"{}")])
        publisher.close(5)
        assert wait_until(lambda: b"stopped" in heard[-1].payload)
        centre.disconnect()
        centre.loop_stop()
    outbox.close()


def test_broker_may_be_stopped_and_started_again_on_its_port() -> None:
    broker = EmbeddedBroker()
    broker.start()
    port = broker.port
    assert broker.url == f"mqtt://127.0.0.1:{port}"
    broker.stop()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    with broker:
        assert broker.port == port
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) == 0


def test_taken_port_is_told() -> None:
    with EmbeddedBroker() as broker, pytest.raises(RuntimeError, match=f"cannot listen on 127.0.0.1:{broker.port}"):
        EmbeddedBroker(port=broker.port).start()
