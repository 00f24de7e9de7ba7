"""Clips as RTSP cameras: looped, in real time, without re-encoding, by GStreamer's RTSP server in a process of its own.

>>> with RtspCameras({"gate": Path("gate.mp4")}) as cameras:  # doctest: +SKIP
...     av.open(cameras.url("gate"))
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from vision.simulate.access_units import SimulateError, take_apart

SERVER = Path(__file__).with_name("rtsp_server.py")

DEBIAN_PACKAGES = (
    "python3-gi",
    "gir1.2-gst-rtsp-server-1.0",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-bad",
)
"""What the server needs: the binding and the library, appsrc, RTP payloaders, H.264 and H.265 parsers."""

INSTALL = f"apt-get install {' '.join(DEBIAN_PACKAGES)}"

PROBE = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"

ANSWER_S = 30.0
"""Longest wait for the server's answer: the first start of GStreamer on a machine scans all its plugins."""


class RtspCameras:
    """Serves clips as cameras while the context is open. What the first client of a camera sees is its clip's start.

    A clip goes on in real time from then on, watched or not; its timestamps grow over the loops. The server ends with
    this process, however that ends.

    Args:
        clips: camera names (the path of the URL) and their files, H.264 or H.265; many cameras may share a file.
        port: 0 takes a free one.
        username, password: demanded of the clients (digest), when given.
        host: address to listen on.

    Raises:
        SimulateError: a clip cannot be served, GStreamer's RTSP server is not installed, or the port is taken.
    """

    def __init__(
        self,
        clips: Mapping[str, Path],
        port: int = 0,
        username: str | None = None,
        password: str | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        if (username is None) != (password is None):
            raise SimulateError("username and password go together: give both or none")
        for name in clips:
            if not name or quote(name, safe="") != name:
                raise SimulateError(f"{name!r} is no name for a camera: it becomes a part of a URL")
        self._clips, self._host, self._port = dict(clips), host, port
        self._username, self._password = username, password
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._indices: dict[str, str] = {}
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="vision-cameras-")
        try:
            self._indices = _take_all_apart(self._clips, Path(self._folder.name))
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    @property
    def port(self) -> int:
        """Where the server listens; the same after `stop` and `start`."""
        return self._port

    @property
    def process_id(self) -> int | None:
        """Of the server; None while it is stopped."""
        return None if self._process is None else self._process.pid

    def url(self, name: str, credentials: bool = True) -> str:
        """The camera's address, with user and password if it demands them."""
        if name not in self._clips:
            raise KeyError(f"there is no camera {name}")
        login = ""
        if credentials and self._username is not None and self._password is not None:
            login = f"{quote(self._username, safe='')}:{quote(self._password, safe='')}@"
        return f"rtsp://{login}{self._host}:{self._port}/{name}"

    def start(self) -> None:
        """Start the server (again); its cameras begin anew."""
        if self._process is not None:
            return
        self._process = subprocess.Popen(
            [find_python(), "-I", str(SERVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._answers = queue.SimpleQueue()
        threading.Thread(target=_read_answers, args=(self._process, self._answers), daemon=True).start()
        try:
            answer = self._ask(
                {
                    "host": self._host,
                    "port": self._port,
                    "username": self._username,
                    "password": self._password,
                    "cameras": self._indices,
                }
            )
        except SimulateError:
            self.stop()
            raise
        self._port = answer["port"]

    def stop(self) -> None:
        """End the server at once, as when the power goes: its clients are told nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        if process.stdin is not None:
            process.stdin.close()

    def freeze(self, name: str) -> None:
        """The camera keeps its connections and sends nothing more."""
        self._ask({"do": "freeze", "name": name})

    def thaw(self, name: str) -> None:
        """End `freeze`; time has gone on meanwhile."""
        self._ask({"do": "thaw", "name": name})

    def remove(self, name: str) -> None:
        """The camera is gone: its clients are thrown out, new ones get 404."""
        self._ask({"do": "remove", "name": name})

    def serve(self, name: str) -> None:
        """End `remove`."""
        self._ask({"do": "serve", "name": name})

    def _ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        if self._process is None or self._process.stdin is None:
            raise SimulateError("the RTSP server is not running")
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
            line = self._answers.get(timeout=ANSWER_S)
        except (BrokenPipeError, queue.Empty):
            line = None
        if line is None:
            raise SimulateError(f"the RTSP server ended or hangs; are its parts whole? {INSTALL}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            remedy = f"; {INSTALL}" if "lacks" in answer["error"] else ""
            raise SimulateError(f"RTSP server: {answer['error']}{remedy}")
        return answer


def find_python() -> str:
    """An interpreter that has GStreamer's RTSP server: usually the system's own, which the packages are built for.

    Raises:
        SimulateError: there is none; names the Debian packages.
    """
    found = _first_able(os.environ.get("PATH", ""))
    if found is None:
        raise SimulateError(f"GStreamer's RTSP server is not installed; on Debian: {INSTALL}")
    return found


@lru_cache(maxsize=4)
def _first_able(path: str) -> str | None:
    for python in _candidates(path):
        # -I, as the server is run: neither the user's own packages nor a virtual environment's variables count.
        probe = subprocess.run([python, "-I", "-c", PROBE], capture_output=True, check=False)
        if probe.returncode == 0:
            return python
    return None


def _candidates(path: str) -> Iterable[str]:
    others = (shutil.which("python3", path=path), sys.executable)
    return dict.fromkeys(python for python in ("/usr/bin/python3", *others) if python and Path(python).exists())


def _take_all_apart(clips: Mapping[str, Path], folder: Path) -> dict[str, str]:
    """Index files by camera name; a file that several cameras share is taken apart once."""
    done: dict[Path, str] = {}
    for clip in clips.values():
        if clip not in done:
            number = len(done)
            index = folder / f"{number}.json"
            take_apart(clip, folder / f"{number}.annexb").write(index)
            done[clip] = str(index)
    return {name: done[clip] for name, clip in clips.items()}


def _read_answers(process: subprocess.Popen[str], answers: queue.SimpleQueue[str | None]) -> None:
    """Lines of the server, then None. Reading on its own thread is what makes a wait with a deadline possible."""
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            answers.put(line)
    answers.put(None)
