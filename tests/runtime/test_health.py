"""The health endpoint, asked over a real socket."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from vision.runtime.health import (
    MAX_PARTS,
    MAX_REASON,
    MAX_REQUESTS,
    HealthEndpointError,
    HealthServer,
    Heartbeat,
    PartHealth,
    ReadParts,
)
from vision.runtime.metrics import metrics_registry
from vision.runtime.snapshots import WorkerSnapshot

pytestmark = pytest.mark.network

Answer = tuple[int, dict[str, str], bytes]


@contextmanager
def serving(ready: ReadParts = list, live: ReadParts = list) -> Iterator[HealthServer]:
    with HealthServer(live, ready, metrics_registry(lambda: [WorkerSnapshot("w-1")])) as server:
        yield server


def ask(server: HealthServer, path: str, method: str = "GET", **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def ask_json(server: HealthServer, path: str) -> tuple[int, dict[str, Any]]:
    status, _, body = ask(server, path)
    return status, json.loads(body)


def test_ready_when_every_part_works() -> None:
    with serving(lambda: [PartHealth("detector", True)]) as server:
        assert ask_json(server, "/ready") == (
            200,
            {"status": "ready", "parts": {"detector": {"ok": True, "required": True, "reason": None}}},
        )


def test_not_ready_tells_which_part_and_why() -> None:
    parts = [PartHealth("detector", True), PartHealth("camera bj-001", False, "no frame for 30 s")]
    with serving(lambda: parts) as server:
        status, answer = ask_json(server, "/ready")
    assert (status, answer["status"]) == (503, "not ready")
    assert answer["parts"]["camera bj-001"]["reason"] == "no frame for 30 s"
    assert next(iter(answer["parts"])) == "camera bj-001"


def test_absent_broker_degrades_and_does_not_stop() -> None:
    with serving(lambda: [PartHealth("broker", False, "connection refused", required=False)]) as server:
        status, answer = ask_json(server, "/ready")
    assert (status, answer["status"]) == (200, "degraded")


def test_hung_loop_is_not_alive() -> None:
    now = [100.0]
    loop = Heartbeat("detector loop", max_silence_s=30, clock=lambda: now[0])
    with serving(live=lambda: [loop.health()]) as server:
        assert ask_json(server, "/live")[0] == 200
        now[0] += 31
        status, answer = ask_json(server, "/live")
        assert (status, answer["status"]) == (503, "not alive")
        assert answer["parts"]["detector loop"]["reason"] == "no turn for 31 s; at most 30 s are normal"
        loop.beat()
        assert ask_json(server, "/live")[0] == 200


def test_reasons_are_redacted_and_bounded() -> None:
    parts = [
        PartHealth("camera", False, "rtsp://admin:geheim@cam/1 refused"),
        PartHealth("broker", False, "x" * 5000),
    ]
    with serving(lambda: parts) as server:
        status, answer = ask_json(server, "/ready")
    assert status == 503
    assert answer["parts"]["camera"]["reason"] == "rtsp://***@cam/1 refused"
    assert len(answer["parts"]["broker"]["reason"]) == MAX_REASON


def test_many_parts_are_cut_with_the_failing_ones_first() -> None:
    parts = [PartHealth(f"camera {i}", i != 900) for i in range(1000)]
    with serving(lambda: parts) as server:
        _, answer = ask_json(server, "/ready")
    assert len(answer["parts"]) == MAX_PARTS
    assert answer["left_out"] == 1000 - MAX_PARTS
    assert next(iter(answer["parts"])) == "camera 900"


def test_metrics_are_served_as_prometheus_reads_them() -> None:
    with serving() as server:
        status, headers, body = ask(server, "/metrics")
        assert status == 200
        assert headers["Content-Type"].startswith("text/plain; version=")
        assert b'vision_mqtt_connected{worker="w-1"} 0.0' in body
        _, headers, _ = ask(server, "/metrics", Accept="application/openmetrics-text")
        assert headers["Content-Type"].startswith("application/openmetrics-text")


@pytest.mark.parametrize("path", ["/live", "/ready", "/metrics", "/nothing"])
def test_every_answer_has_the_security_headers_and_no_program_version(path: str) -> None:
    with serving() as server:
        _, headers, _ = ask(server, path)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert "Python" not in headers["Server"]


def test_part_that_breaks_shows_no_traceback_and_harms_no_other_page() -> None:
    def broken() -> list[PartHealth]:
        raise RuntimeError("secret detail")

    with serving(broken) as server:
        status, _, body = ask(server, "/ready")
        assert status == 500
        assert b"secret detail" not in body
        assert b"Traceback" not in body
        assert ask(server, "/live")[0] == 200


def test_unknown_page_names_the_known_ones_and_does_not_repeat_the_request() -> None:
    with serving() as server:
        status, _, body = ask(server, "/<script>")
    assert status == 404
    assert b"/live, /ready, /metrics" in body
    assert b"script" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_only_reading_is_allowed(method: str) -> None:
    with serving() as server:
        status, headers, _ = ask(server, "/ready", method)
    assert status == 405
    assert headers["Allow"] == "GET, HEAD"


def test_head_has_the_headers_without_the_body() -> None:
    with serving() as server:
        status, headers, body = ask(server, "/ready", "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 0


def test_garbage_gets_an_answer_and_the_endpoint_goes_on() -> None:
    with serving() as server:
        for garbage in (b"\x00\xff\x16\x03\x01\r\n\r\n", b"GET " + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
                client.sendall(garbage)
                client.shutdown(socket.SHUT_WR)
                try:
                    answer = client.recv(65_536)
                except ConnectionResetError:
                    answer = b""
                assert b"Traceback" not in answer
        assert ask(server, "/ready")[0] == 200


def test_more_clients_than_places_are_turned_away_and_let_in_again() -> None:
    inside = threading.Semaphore(0)
    leave = threading.Event()

    def slow() -> list[PartHealth]:
        inside.release()
        leave.wait(30)
        return []

    with serving(slow) as server:
        clients = [threading.Thread(target=ask, args=(server, "/ready")) for _ in range(MAX_REQUESTS)]
        for client in clients:
            client.start()
        for _ in clients:
            assert inside.acquire(timeout=30)
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client_over:
            assert client_over.recv(1000).startswith(b"HTTP/1.0 503")
        leave.set()
        for client in clients:
            client.join(30)
        assert ask(server, "/live")[0] == 200


def test_taken_port_is_one_clear_error() -> None:
    with serving() as server, pytest.raises(HealthEndpointError, match=rf"127.0.0.1:{server.port} cannot be opened"):
        HealthServer(list, list, CollectorRegistry(), port=server.port)


def test_impossible_port_is_the_same_clear_error() -> None:
    with pytest.raises(HealthEndpointError, match="70000 cannot be opened"):
        HealthServer(list, list, CollectorRegistry(), port=70_000)


def test_after_stop_nobody_listens_and_no_thread_is_left() -> None:
    before = threading.active_count()
    with serving() as server:
        port = server.port
        ask(server, "/live")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)
    assert not [thread for thread in threading.enumerate() if thread.name == "health"]
    assert threading.active_count() <= before + 1
    server.stop()


def test_stop_without_start_frees_the_port() -> None:
    server = HealthServer(list, list, CollectorRegistry())
    port = server.port
    server.stop()
    again = HealthServer(list, list, CollectorRegistry(), port=port)
    assert again.port == port
    again.stop()


def test_ipv6_address_is_taken_with_brackets() -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    try:
        server = HealthServer(list, list, CollectorRegistry(), host="[::1]")
    except HealthEndpointError as error:
        pytest.skip(f"no IPv6 loopback here: {error}")
    with server:
        assert server.url == f"http://[::1]:{server.port}"
        connection = http.client.HTTPConnection("::1", server.port, timeout=10)
        connection.request("GET", "/live")
        assert connection.getresponse().status == 200
        connection.close()
