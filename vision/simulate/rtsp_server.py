"""The process that serves clips as RTSP cameras, with GStreamer's RTSP server. Started by `vision.simulate.cameras`.

It stands alone (nothing of this package, nothing that is not in Debian's Python): GStreamer's Python binding is built
for the system's interpreter, which is not the one that the rest runs in.

The first line on standard input says what to serve: {"host", "port", "username", "password", "cameras": {name: index
file}}. The answer is one line: {"port": 8554} or {"error": "…"}. Then commands, each a line {"do", "name"} answered by
a line: `freeze` (the connection stays, no more pictures), `thaw`, `remove` (its clients are thrown out), `serve`. The
end of standard input ends it: it never outlives its parent.
"""

from __future__ import annotations

import json
import mmap
import sys
import threading
import time
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstApp, GstRtsp, GstRtspServer  # noqa: E402, F401  (GstApp gives appsrc its methods)

PIPELINES = {
    "h264": "video/x-h264,stream-format=byte-stream,alignment=au ! h264parse ! rtph264pay",
    "hevc": "video/x-h265,stream-format=byte-stream,alignment=au ! h265parse ! rtph265pay",
}
ELEMENTS = {"h264": ("h264parse", "rtph264pay"), "hevc": ("h265parse", "rtph265pay")}
MAX_QUEUED_BYTES = 8_000_000
"""In front of the payloader; the oldest go when clients do not take them."""


class Camera:
    """A clip that begins when the first client asks for it, and goes on for ever, watched or not."""

    def __init__(self, index: dict[str, Any]) -> None:
        self.codec: str = index["codec"]
        self.frozen = False
        self._length: int = index["length"]
        self._units: list[dict[str, Any]] = index["units"]
        with open(index["data"], "rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._began: int | None = None

    @property
    def pipeline(self) -> str:
        source = f"appsrc name=source is-live=true format=time max-bytes={MAX_QUEUED_BYTES} leaky-type=downstream"
        return f"( {source} ! {PIPELINES[self.codec]} name=pay0 pt=96 config-interval=-1 )"

    def feed(self, source: Any, stopped: threading.Event) -> None:
        """Push access units in real time until the pipeline takes no more or `stopped` is set."""
        now = time.monotonic_ns()
        if self._began is None:
            self._began = now
        loop, number = self._keyframe_before(now - self._began)
        first = loop * self._length + self._units[number]["dts"]
        while not stopped.is_set():
            unit = self._units[number]
            shift = loop * self._length - first  # times count from when this pipeline began, as its clock does
            if stopped.wait(max(0, now + shift + unit["dts"] - time.monotonic_ns()) / Gst.SECOND):
                return
            if not self.frozen:
                buffer = Gst.Buffer.new_wrapped(self._data[unit["offset"] : unit["offset"] + unit["size"]])
                buffer.pts, buffer.dts = shift + unit["pts"], shift + unit["dts"]
                if source.push_buffer(buffer) != Gst.FlowReturn.OK:
                    return
            number += 1
            if number == len(self._units):
                loop, number = loop + 1, 0

    def _keyframe_before(self, played: int) -> tuple[int, int]:
        """Loop and unit where a client begins to whom the clip has been running for `played` ns.

        Not the next keyframe: until it came, the server could not even describe the stream, and one thread serves all.
        (More threads of it are no way out: a client that comes while the last one is leaving gets a 503 from them.)
        """
        loop, within = divmod(played, self._length)
        passed = (n for n, unit in enumerate(self._units) if unit["keyframe"] and unit["dts"] <= within)
        return loop, max(passed, default=0)


class Factory(GstRtspServer.RTSPMediaFactory):
    """Makes the one pipeline that all clients of a camera share."""

    def __init__(self, camera: Camera) -> None:
        super().__init__()
        self._camera = camera
        self.set_launch(camera.pipeline)
        self.set_shared(True)
        self.set_latency(0)
        self.connect("media-configure", self._configure)

    def _configure(self, _factory: Any, media: Any) -> None:
        source = media.get_element().get_by_name("source")
        stopped, started = threading.Event(), threading.Event()

        def wanted(_source: Any, _size: int) -> None:
            if not started.is_set():
                started.set()
                threading.Thread(target=self._camera.feed, args=(source, stopped), daemon=True).start()

        source.connect("need-data", wanted)
        media.connect("unprepared", lambda _media: stopped.set())


class Server:
    """The RTSP server, its cameras, and who watches which."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._server = GstRtspServer.RTSPServer()
        self._server.set_address(order["host"])
        self._server.set_service(str(order["port"]))
        self._server.connect("client-connected", self._connected)
        self._clients: dict[Any, str] = {}
        self._role: str | None = order["username"]
        if self._role is not None:
            self._demand_password(self._role, order["password"])
        self._cameras: dict[str, Camera] = {}
        for name, index in order["cameras"].items():
            with open(index, encoding="utf-8") as file:
                self._cameras[name] = Camera(json.load(file))
            self.serve(name)

    def attach(self) -> int:
        """Listen; gives the port. 0 when it is taken."""
        return int(self._server.get_bound_port()) if self._server.attach(None) else 0

    def serve(self, name: str) -> None:
        factory = Factory(self._cameras[name])
        if self._role is not None:
            permissions = GstRtspServer.RTSPPermissions()
            for what in ("media.factory.access", "media.factory.construct"):
                permissions.add_permission_for_role(self._role, what, True)
            factory.set_permissions(permissions)
        self._server.get_mount_points().add_factory(f"/{name}", factory)

    def remove(self, name: str) -> None:
        self._server.get_mount_points().remove_factory(f"/{name}")
        for client in [client for client, watched in self._clients.items() if watched == name]:
            client.close()

    def freeze(self, name: str) -> None:
        self._cameras[name].frozen = True

    def thaw(self, name: str) -> None:
        self._cameras[name].frozen = False

    def do(self, command: dict[str, str]) -> dict[str, Any]:
        """Carry out one command."""
        actions = {"serve": self.serve, "remove": self.remove, "freeze": self.freeze, "thaw": self.thaw}
        if command["name"] not in self._cameras:
            return {"error": f"there is no camera {command['name']}"}
        actions[command["do"]](command["name"])
        return {"done": command["do"]}

    def _demand_password(self, username: str, password: str) -> None:
        auth = GstRtspServer.RTSPAuth()
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", username)
        auth.add_digest(username, password, token)
        self._server.set_auth(auth)

    def _connected(self, _server: Any, client: Any) -> None:
        client.connect("play-request", self._playing)
        client.connect("closed", lambda closed: self._clients.pop(closed, None))

    def _playing(self, client: Any, context: Any) -> None:
        self._clients[client] = context.uri.abspath.strip("/").split("/")[0]


def say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def missing_elements(cameras: dict[str, str]) -> list[str]:
    """GStreamer elements that the cameras need and this machine lacks."""
    codecs = set()
    for index in cameras.values():
        with open(index, encoding="utf-8") as file:
            codecs.add(json.load(file)["codec"])
    wanted = {"appsrc", *(element for codec in codecs for element in ELEMENTS[codec])}
    return sorted(element for element in wanted if Gst.ElementFactory.find(element) is None)


def obey(server: Server, loop: Any) -> None:
    """Read commands until there are no more."""

    def answer(line: str) -> bool:
        say(server.do(json.loads(line)))
        return False

    for line in sys.stdin:
        GLib.idle_add(answer, line)
    GLib.idle_add(loop.quit)


def main() -> int:
    order = json.loads(sys.stdin.readline())
    Gst.init(None)
    missing = missing_elements(order["cameras"])
    if missing:
        say({"error": f"GStreamer lacks {', '.join(missing)}"})
        return 1
    server, loop = Server(order), GLib.MainLoop()
    port = server.attach()
    if not port:
        say({"error": f"port {order['port']} of {order['host']} cannot be used; is another server there?"})
        return 1
    say({"port": port})
    threading.Thread(target=obey, args=(server, loop), daemon=True).start()
    loop.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
