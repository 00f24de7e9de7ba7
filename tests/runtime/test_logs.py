"""What the log shows, and above all what it never shows."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from vision.runtime.logs import LogStyle, configure_logging, redact, redact_event


@pytest.fixture(autouse=True)
def untouched_logging() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level, sys.excepthook, threading.excepthook, logging.raiseExceptions)
    yield
    root.handlers[:], root.level = before[0], before[1]
    sys.excepthook, threading.excepthook, logging.raiseExceptions = before[2], before[3], before[4]
    logging.captureWarnings(False)
    structlog.reset_defaults()


def json_log(level: str = "info") -> io.StringIO:
    out = io.StringIO()
    configure_logging(level, LogStyle.JSON, out)
    return out


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rtsp://admin:secret@10.0.0.9:554/ch1", "rtsp://***@10.0.0.9:554/ch1"),
        ("rtsp://admin:p@ss@cam/ch1", "rtsp://***@cam/ch1"),
        ("rtsp://admin:pa/ss@cam/ch1", "rtsp://***@cam/ch1"),
        ("rtsp://admin:12/34@cam/ch1", "rtsp://admin:12/34@cam/ch1"),
        ("rtsp://admin@cam/ch1", "rtsp://***@cam/ch1"),
        ("MQTTS://u:s3@broker:8883 refused", "MQTTS://***@broker:8883 refused"),
        ("rtsp://cam:554/ch1?mail=a@b", "rtsp://cam:554/ch1?mail=a@b"),
        ("rtsp://admin:a@b/c@cam/ch1", "rtsp://***@cam/ch1"),
        ("rtsp://cam:554/ch@2", "rtsp://cam:554/ch@2"),
        ("two: rtsp://a:b@c and rtsp://d:e@f", "two: rtsp://***@c and rtsp://***@f"),
        ("http://cam/snap?user=x&password=geheim&n=1", "http://cam/snap?user=x&password=***&n=1"),
        ('{"mqtt_password": "a b c", "port": 1883}', '{"mqtt_password": ***, "port": 1883}'),
        ("Authorization: Digest username=x, response=abc\r\nCSeq: 2", "Authorization: ***\r\nCSeq: 2"),
        ("api_key=abc, token: xyz", "api_key=***, token: ***"),
        ('cut in the middle: "password": "a b', 'cut in the middle: "password": ***'),
        ("camera bj-001: no frame for 10 s", "camera bj-001: no frame for 10 s"),
    ],
)
def test_text_keeps_everything_but_its_secrets(text: str, expected: str) -> None:
    # The one with 12/34: what follows the colon reads as a port, and no program could tell; `:12/` names port 12.
    assert redact(text) == expected


@given(
    st.text(st.characters(exclude_characters=" \"'<>", exclude_categories=("Z", "C")), min_size=8).filter(
        lambda password: not re.match(r"\d{1,5}[/?#]", password)
    )
)
def test_no_password_of_a_camera_url_survives(password: str) -> None:
    assert redact(f"cannot open rtsp://admin:{password}@192.0.2.7:554/ch1: 401") == (
        "cannot open rtsp://***@192.0.2.7:554/ch1: 401"
    )


def test_secrets_are_found_by_key_at_any_depth() -> None:
    event = {
        "event": "connected",
        "password": "a",
        "mqtt": {"password": "b", "user": "u", "password_file": "/run/secrets/mqtt", "sources": ["rtsp://x:y@cam/1"]},
        "empty_token": "",
        "Authorization": "Basic eDp5",
        "tokens": 5,
    }
    assert redact_event(None, "info", event) == {
        "event": "connected",
        "password": "***",
        "mqtt": {"password": "***", "user": "u", "password_file": "/run/secrets/mqtt", "sources": ["rtsp://***@cam/1"]},
        "empty_token": "",
        "Authorization": "***",
        "tokens": 5,
    }


def test_values_nested_without_end_are_cut_not_let_through() -> None:
    endless: dict[str, Any] = {"url": "rtsp://a:b@c"}
    endless["again"] = endless
    assert "a:b" not in json.dumps(redact_event(None, "info", {"value": endless}))


def test_json_lines_carry_utc_time_level_and_logger() -> None:
    out = json_log()
    structlog.get_logger("vision.sources").warning("camera_offline", camera="bj-001", name="八角")
    (line,) = lines(out)
    when = datetime.fromisoformat(line.pop("timestamp"))
    assert abs((datetime.now(UTC) - when).total_seconds()) < 60
    assert line == {
        "event": "camera_offline",
        "camera": "bj-001",
        "name": "八角",
        "level": "warning",
        "logger": "vision.sources",
    }


def test_loggers_made_before_configuration_obey_it() -> None:
    early = structlog.get_logger("vision.early")
    out = json_log()
    early.info("hello")
    assert lines(out)[0]["event"] == "hello"


def test_standard_library_loggers_go_the_same_way() -> None:
    out = json_log()
    logging.getLogger("some.library").error("cannot reach %s", "mqtt://u:p@broker", extra={"password": "p"})
    (line,) = lines(out)
    assert line["event"] == "cannot reach mqtt://***@broker"
    assert line["password"] == "***"
    assert line["level"] == "error"


@pytest.mark.parametrize("style", [LogStyle.JSON, LogStyle.CONSOLE])
def test_exception_text_is_redacted(style: LogStyle) -> None:
    out = io.StringIO()
    configure_logging("info", style, out)
    try:
        raise OSError("rtsp://admin:geheim@cam/1: refused")
    except OSError as error:
        structlog.get_logger("vision").exception("open_failed", error=error)
    assert "geheim" not in out.getvalue()
    assert "rtsp://***@cam/1: refused" in out.getvalue()
    assert "Traceback" in out.getvalue()


def test_thread_that_dies_leaves_a_redacted_line() -> None:
    out = json_log()

    def die() -> None:
        raise RuntimeError("mqtt://u:geheim@broker is gone")

    thread = threading.Thread(target=die, name="publisher")
    thread.start()
    thread.join()
    (line,) = lines(out)
    assert line["event"] == "thread_died"
    assert line["thread"] == "publisher"
    assert "geheim" not in out.getvalue()


def test_warnings_of_libraries_are_logged() -> None:
    out = json_log()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old option", DeprecationWarning, stacklevel=1)
    logging.captureWarnings(False)
    assert "old option" in out.getvalue()


def test_values_that_json_does_not_know_are_written_as_text(tmp_path: Path) -> None:
    out = json_log()
    structlog.get_logger("vision").info("saved", path=tmp_path, raw=b"rtsp://a:b@c", ids={1})
    (line,) = lines(out)
    assert (line["path"], line["raw"], line["ids"]) == (str(tmp_path), "b'rtsp://***@c'", [1])


@pytest.mark.parametrize("body", ["x" * 50_000, "a://b:c" * 10_000, 'token="' * 10_000, "rtsp://u:" + "p" * 50_000])
def test_overlong_value_is_shortened(body: str) -> None:
    out = json_log()
    structlog.get_logger("vision").info("answer", body=body)
    assert len(out.getvalue()) < 10_000


def test_shortening_does_not_cut_a_url_open() -> None:
    out = json_log()
    structlog.get_logger("vision").info("answer", body="x " * 3_995 + "rtsp://admin:geheim@cam/1 refused")
    assert "geheim" not in out.getvalue()


def test_level_is_kept_and_chatty_libraries_stay_quiet() -> None:
    out = json_log("warning")
    structlog.get_logger("vision").info("not_shown")
    assert out.getvalue() == ""
    configure_logging("info", LogStyle.JSON, out)
    logging.getLogger("amqtt.broker").info("a packet")
    logging.getLogger("amqtt.broker").warning("a fault")
    assert [line["event"] for line in lines(out)] == ["a fault"]


def test_configuring_twice_writes_each_line_once() -> None:
    json_log()
    out = json_log()
    structlog.get_logger("vision").info("once")
    assert len(lines(out)) == 1


def test_unknown_level_is_refused_with_the_levels_there_are() -> None:
    with pytest.raises(ValueError, match="'loud' is unknown; use debug, info"):
        configure_logging("loud")


def test_closed_stream_raises_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    out = json_log()
    out.close()
    structlog.get_logger("vision").info("into_the_void")
    assert capsys.readouterr().err == ""
