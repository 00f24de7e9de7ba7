"""The publisher against a real Mosquitto: what arrives, who is let in, which events and answers are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import vision.publish.publisher as publisher_module
from tests.conftest import Mosquitto, wait_until
from tests.publish.delivery import Connect, MakeEvent, StartBroker, StartPublisher, empty
from vision.publish import IncomingAnswer, Outbox, OutgoingEvent, PublisherSettingsError, Topics
from vision.publish.answers import MAX_INBOUND_PACKET_BYTES

pytestmark = pytest.mark.network


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher_module, "LONGEST_RECONNECT_S", 0.5)


def test_event_arrives_once_on_its_topic_and_leaves_the_outbox(
    mosquitto: Mosquitto, centre_at: Connect, publisher_to: StartPublisher, outbox: Outbox, event: MakeEvent
) -> None:
    centre = centre_at(mosquitto.port)
    publisher = publisher_to(mosquitto.url)
    outbox.add(event("e1"))
    publisher.wake()
    assert wait_until(lambda: outbox.stats().depth == 0 and centre.heard())
    (heard,) = centre.heard()
    assert (heard.topic, heard.qos, heard.retained) == ("vision/bajiao/cases/bj-001/illegal_dumping", 1, False)
    content = json.loads(heard.payload)
    assert content["published_at"] is not None
    assert {**content, "published_at": None} == json.loads(event("e1").payload)
    status = publisher.status()
    assert (status.connected, status.protocol, status.error, status.in_flight) == (True, "5", None, 0)
    assert (status.sent, status.acknowledged) == (1, 1)


def test_wrong_password_is_told_without_the_password(
    mosquitto_with: StartBroker, publisher_to: StartPublisher, outbox: Outbox, event: MakeEvent
) -> None:
    broker = mosquitto_with(passwords={"worker": "right"})
    broker.start()
    outbox.add(event("e1"))
    with capture_logs() as logs:
        publisher = publisher_to(broker.url, username="worker", password="hunter2-wrong")
        assert wait_until(lambda: publisher.status().error is not None)
        publisher.close(1)
    assert publisher.status().error == "refused: bad user name or password"
    assert not publisher.status().connected
    assert [line["reason"] for line in logs if line["event"] == "mqtt_not_connected"] == [publisher.status().error]
    assert "hunter2" not in f"{logs}{publisher!r}{vars(publisher)}"
    assert outbox.stats().depth == 1


def test_password_from_a_file_lets_in(
    mosquitto_with: StartBroker, publisher_to: StartPublisher, tmp_path: Path
) -> None:
    broker = mosquitto_with(passwords={"worker": "right"})
    broker.start()
    (tmp_path / "secret").write_text("right\n", "utf-8")
    publisher = publisher_to(broker.url, username="worker", password_file=str(tmp_path / "secret"))
    assert wait_until(lambda: publisher.status().connected)


def test_missing_password_file_is_named_at_once(publisher_to: StartPublisher, tmp_path: Path) -> None:
    with pytest.raises(PublisherSettingsError, match=r"mqtt\.password_file: .*secret does not exist"):
        publisher_to("mqtt://127.0.0.1:1", username="worker", password_file=str(tmp_path / "secret"))


def test_tls_with_the_right_authority(
    mosquitto_with: StartBroker, publisher_to: StartPublisher, outbox: Outbox, event: MakeEvent
) -> None:
    broker = mosquitto_with(tls=True)
    broker.start()
    publisher = publisher_to(broker.url, ca_file=str(broker.ca_file))
    outbox.add(event("e1"))
    publisher.wake()
    assert wait_until(empty(outbox))
    publisher.close(5)


def test_tls_with_another_authority_is_refused(
    mosquitto_with: StartBroker, publisher_to: StartPublisher, outbox: Outbox, event: MakeEvent
) -> None:
    broker, other = mosquitto_with(tls=True), mosquitto_with(tls=True)
    broker.start()
    publisher = publisher_to(broker.url, ca_file=str(other.ca_file))
    outbox.add(event("e1"))
    assert wait_until(lambda: publisher.status().error is not None)
    assert "certificate is not trusted" in str(publisher.status().error)
    assert "mqtt.ca_file" in str(publisher.status().error)
    assert outbox.stats().depth == 1


def test_broker_that_asks_for_a_certificate_gets_ours(
    mosquitto_with: StartBroker, publisher_to: StartPublisher, outbox: Outbox, event: MakeEvent
) -> None:
    broker = mosquitto_with(tls=True, client_certificates=True)
    broker.start()
    assert broker.client_certificate is not None
    certificate, key = map(str, broker.client_certificate)
    outbox.add(event("e1"))
    without = publisher_to(broker.url, ca_file=str(broker.ca_file))
    assert wait_until(lambda: without.status().error is not None)
    without.close(1)
    assert (without.status().connects, outbox.stats().depth) == (0, 1)
    publisher_to(broker.url, ca_file=str(broker.ca_file), cert_file=certificate, key_file=key)
    assert wait_until(empty(outbox))


def test_ca_file_that_is_no_certificate_is_named_at_once(publisher_to: StartPublisher, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing", "utf-8")
    with pytest.raises(PublisherSettingsError, match=r"mqtt\.ca_file: .*ca\.pem cannot be used"):
        publisher_to("mqtts://localhost:1", ca_file=str(tmp_path / "ca.pem"))


def test_event_that_the_broker_refuses_waits_and_the_others_go(
    mosquitto_with: StartBroker, publisher_to: StartPublisher, outbox: Outbox, event: MakeEvent, topics: Topics
) -> None:
    acl = "topic write vision/bajiao/cases/bj-001/#\ntopic read vision/#\n"
    broker = mosquitto_with(acl=acl)
    broker.start()
    publisher = publisher_to(broker.url)
    refused = event("e1", "a")
    topic = topics.case("bj-002", "illegal_dumping")
    outbox.add(OutgoingEvent("e1", "a", topic, refused.payload, refused.created))
    outbox.add(event("e2", "b"))
    publisher.wake()
    assert wait_until(lambda: publisher.status().refused >= 1 and publisher.status().acknowledged == 1)
    assert outbox.stats().depth == 1
    assert outbox.stats().dead == 0
    assert publisher.status().connected


def test_answers_reach_the_worker_even_those_of_its_absence(
    mosquitto: Mosquitto, centre_at: Connect, publisher_to: StartPublisher
) -> None:
    answers: list[IncomingAnswer] = []

    def take(answer: IncomingAnswer) -> None:
        answers.append(answer)
        if answer.case_id == "bad":
            raise RuntimeError("cannot read it")

    centre = centre_at(mosquitto.port)
    publisher = publisher_to(mosquitto.url, on_answer=take)
    assert wait_until(lambda: publisher.status().connected)
    centre.say("vision/bajiao/answers/bad", b"{}")
    centre.say("vision/bajiao/answers/c1", b'{"kind":"accepted"}')
    assert wait_until(lambda: len(answers) == 2)
    assert answers[1] == IncomingAnswer("c1", b'{"kind":"accepted"}')
    assert publisher.status().answers_failed == 1
    publisher.close(2)
    centre.say("vision/bajiao/answers/c2", b'{"kind":"closed"}')
    publisher_to(mosquitto.url, on_answer=take)
    assert wait_until(lambda: len(answers) == 3)
    assert answers[2].case_id == "c2"


def test_retained_and_oversized_answers_are_refused_and_counted(
    mosquitto: Mosquitto, centre_at: Connect, publisher_to: StartPublisher
) -> None:
    answers: list[IncomingAnswer] = []
    centre = centre_at(mosquitto.port)
    centre.say("vision/bajiao/answers/old", b"{}", retain=True)
    publisher = publisher_to(mosquitto.url, on_answer=answers.append)
    assert wait_until(lambda: publisher.status().answers_refused["retained"] == 1)
    centre.say("vision/bajiao/answers/live", b"{}", retain=True)
    centre.say("vision/bajiao/answers/large", b"x" * (64 * 1024 + 1))
    centre.say("vision/bajiao/answers/good", b"x" * (64 * 1024))
    assert wait_until(lambda: answers)
    assert [answer.case_id for answer in answers] == ["good"]
    assert publisher.status().answers_refused == {"retained": 2, "too_large": 1, "topic": 0}


def test_huge_answer_does_not_even_arrive(
    mosquitto: Mosquitto, centre_at: Connect, publisher_to: StartPublisher
) -> None:
    answers: list[IncomingAnswer] = []
    centre = centre_at(mosquitto.port)
    publisher = publisher_to(mosquitto.url, on_answer=answers.append)
    assert wait_until(lambda: publisher.status().connected)
    centre.say("vision/bajiao/answers/huge", b"x" * (MAX_INBOUND_PACKET_BYTES + 1))
    centre.say("vision/bajiao/answers/good", b"{}")
    assert wait_until(lambda: answers)
    assert [answer.case_id for answer in answers] == ["good"]
    status = publisher.status()
    assert (status.answers_refused["too_large"], status.connects) == (0, 1)


def test_broker_that_grants_no_answers_is_told_and_events_go_all_the_same(
    mosquitto_with: StartBroker, publisher_to: StartPublisher, outbox: Outbox, event: MakeEvent, tmp_path: Path
) -> None:
    # Mosquitto's ACL file grants every subscription and filters later; its dynamic security plugin refuses it.
    plugin = next(Path("/usr/lib").glob("**/mosquitto_dynamic_security.so"), None)
    if plugin is None:
        pytest.skip("this mosquitto has no dynamic security plugin")
    access = {"publishClientSend": True, "publishClientReceive": True, "subscribe": False, "unsubscribe": True}
    rules = {"defaultACLAccess": access, "clients": [], "groups": [], "roles": []}
    rules_file = tmp_path / "security.json"
    rules_file.write_text(json.dumps(rules), "utf-8")
    broker = mosquitto_with(extra=(f"plugin {plugin}", f"plugin_opt_config_file {rules_file}"))
    broker.start()
    for version in ("5", "3.1.1"):
        with capture_logs() as logs:
            publisher = publisher_to(broker.url, protocol=version)
            assert wait_until(lambda p=publisher: "answers refused by the broker" in str(p.status().error))
        assert "answers_not_subscribed" in [line["event"] for line in logs]
        assert publisher.status().connected
        outbox.add(event(f"e{version}"))
        publisher.wake()
        assert wait_until(empty(outbox))
        publisher.close(2)


def test_event_larger_than_the_broker_takes_holds_no_other_back(
    mosquitto_with: StartBroker, publisher_to: StartPublisher, outbox: Outbox, event: MakeEvent
) -> None:
    broker = mosquitto_with(extra=("max_packet_size 20000",))
    broker.start()
    publisher = publisher_to(broker.url)
    outbox.add(event("large", "a", filler=30_000))
    for n in range(5):
        outbox.add(event(f"e{n}", "b"))
    publisher.wake()
    assert wait_until(lambda: publisher.status().acknowledged == 5)
    assert outbox.stats().depth == 1
    assert "the broker takes 20000 at most" in str(publisher.status().error) or publisher.status().error is None


def test_event_that_an_old_broker_hangs_up_on_holds_no_other_back(
    mosquitto_with: StartBroker, publisher_to: StartPublisher, outbox: Outbox, event: MakeEvent
) -> None:
    broker = mosquitto_with(extra=("max_packet_size 20000",))
    broker.start()
    outbox.add(event("large", "a", filler=30_000))
    for n in range(5):
        outbox.add(event(f"e{n}", "b"))
    publisher = publisher_to(broker.url, protocol="3.1.1")
    assert wait_until(lambda: publisher.status().acknowledged == 5, 40)
    assert outbox.stats().depth == 1


def test_old_mqtt_by_configuration(
    mosquitto: Mosquitto, publisher_to: StartPublisher, outbox: Outbox, event: MakeEvent
) -> None:
    publisher = publisher_to(mosquitto.url, protocol="3.1.1")
    outbox.add(event("e1"))
    assert wait_until(empty(outbox))
    assert publisher.status().protocol == "3.1.1"


def test_silent_publisher_needs_no_wake(
    mosquitto: Mosquitto, publisher_to: StartPublisher, outbox: Outbox, event: MakeEvent
) -> None:
    publisher = publisher_to(mosquitto.url)
    assert wait_until(lambda: publisher.status().connected)
    outbox.add(event("e1"))
    assert wait_until(empty(outbox))
