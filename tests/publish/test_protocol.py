"""Which MQTT version is spoken."""

from __future__ import annotations

from vision.publish.protocol import MAX_DROPS, ProtocolChoice


def test_refused_version_is_changed_at_once() -> None:
    choice = ProtocolChoice("auto")
    assert choice.current == "5"
    assert choice.failed("protocol")
    assert choice.current == "3.1.1"


def test_version_changes_after_two_drops_at_connect() -> None:
    choice = ProtocolChoice("auto")
    assert [choice.failed("dropped") for _ in range(MAX_DROPS)] == [False, True]
    assert choice.current == "3.1.1"


def test_version_that_worked_stays_when_the_network_drops() -> None:
    choice = ProtocolChoice("auto")
    choice.succeeded()
    assert not any(choice.failed("dropped") for _ in range(10))
    assert choice.current == "5"


def test_neither_version_taken_is_no_reason_to_hurry() -> None:
    choice = ProtocolChoice("auto")
    assert choice.failed("protocol")
    assert not choice.failed("protocol")
    assert choice.current == "5"


def test_wrong_password_or_absent_broker_changes_nothing() -> None:
    choice = ProtocolChoice("auto")
    assert not any(choice.failed(kind) for kind in ("network", "refused", "settings") * 3)
    assert choice.current == "5"


def test_configured_version_is_kept() -> None:
    for wish in ("5", "3.1.1"):
        choice = ProtocolChoice(wish)  # type: ignore[arg-type]
        assert not choice.failed("protocol")
        assert choice.current == wish
