"""What one camera costs: CPU per camera-second and memory per extra camera, ours beside the plain Ultralytics loop.

    make bench PEER_PYTHON=/path/to/python-with-ultralytics ARGS="--peer-weights yolo26n.pt --json out.json"

Live 1080p25 RTSP cameras (H.264, 4 Mbit/s, keyframe every 2 s) of a quiet and of a busy scene; both programs watch the
same cameras, one after the other, in one run. See bench/README.md for what is measured and how to read it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from footage import CLIP_S, DEBIAN_VTEST, SCENES, FootageError, make_clips
from process_tree import ProgramEndedError, Usage, cpu_ms_per_camera_second, usage_of
from programs import BenchError, StatusWatch, mosquitto, our_worker, peer_loop, wait_until
from rich.console import Console
from rich.table import Table

from vision.simulate.cameras import RtspCameras

FPS = 25
START_S = 180
"""Longest time a program may take until all its cameras are up."""

BUDGET_MS = {"quiet": 24.0, "busy": 60.0}
BUDGET_RATIO = 40.0
BUDGET_MB = 30.0
"""The project's budgets: CPU per camera-second, times cheaper than the peer, memory per extra camera."""

console = Console(stderr=True)


@dataclass(slots=True, frozen=True)
class Measurement:
    """One program on one scene.

    Attributes:
        program: `vision` or `ultralytics`.
        scene: `quiet` or `busy`.
        cameras: how many, all live.
        cpu_ms: CPU per camera-second, milliseconds, all processes of the program.
        seconds: length of the window.
        rss_mb, uss_mb: memory at the end of it, MB, all processes of the program.
        frames: pictures looked at per camera-second; None for `vision`, which does not look at a fixed rate.
        events: incidents reported as opened since the start; None for the peer, which has none.
        policies: cameras by decode policy in force at the end of the window.
    """

    program: str
    scene: str
    cameras: int
    cpu_ms: float
    seconds: float
    rss_mb: float
    uss_mb: float
    frames: float | None = None
    events: int | None = None
    policies: dict[str, int] | None = None


def main() -> int:
    """Exit code 0; 1 when something could not be measured or, with --check, a budget is not met."""
    options = _options()
    try:
        clips = make_clips(options.cache, options.footage)
        measurements = [m for scene in options.scenes for m in _measure_scene(scene, clips[scene], options)]
    except (BenchError, FootageError, ProgramEndedError) as error:
        console.print(f"bench: {error}", style="red", highlight=False)
        return 1
    result = summary(measurements, options.memory_cameras)
    if options.json:
        options.json.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    _show(measurements, result)
    return 1 if options.check and not all(verdict["met"] for verdict in result["budgets"]) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=8, help="live cameras (8)")
    parser.add_argument("--memory-cameras", type=int, default=2, help="cameras of the smaller memory run (2)")
    parser.add_argument("--scenes", nargs="+", choices=SCENES, default=list(SCENES))
    parser.add_argument("--warm-up", type=float, default=60, help="seconds with all cameras up before measuring (60)")
    parser.add_argument("--window", type=float, default=CLIP_S, help="seconds measured; a clip is 60 s long (60)")
    parser.add_argument("--vision", type=Path, default=Path(sys.executable).with_name("vision"), help="our program")
    parser.add_argument("--peer-python", type=Path, help="a Python with torch and ultralytics; none: no comparison")
    parser.add_argument("--peer-weights", type=Path, help="the peer's model, e.g. yolo26n.pt")
    parser.add_argument("--peer-mode", choices=("predict", "track"), default="predict")
    parser.add_argument("--footage", type=Path, default=DEBIAN_VTEST, help="vtest.avi")
    parser.add_argument("--cache", type=Path, default=Path(__file__).parent / ".cache", help="where the clips are kept")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--check", action="store_true", help="exit 1 when a budget is not met")
    options = parser.parse_args()
    if options.peer_python and not options.peer_weights:
        parser.error("--peer-python needs --peer-weights")
    if options.peer_weights and not options.peer_weights.is_file():
        parser.error(f"--peer-weights {options.peer_weights}: no such file")
    if not 0 < options.memory_cameras < options.cameras:
        parser.error("--memory-cameras must be at least 1 and fewer than --cameras")
    # Not resolve(): a virtual environment's python is a link, and only under its own path does it find its packages.
    options.peer_python = options.peer_python and options.peer_python.absolute()
    options.peer_weights = options.peer_weights and options.peer_weights.resolve()
    return options


def _measure_scene(scene: str, clip: Path, options: argparse.Namespace) -> list[Measurement]:
    names = [f"bench-{number:02d}" for number in range(1, options.cameras + 1)]
    found = []
    # The cameras' server is a process of its own, and no child of what is measured.
    with RtspCameras(dict.fromkeys(names, clip)) as cameras:
        urls = {name: cameras.url(name) for name in names}
        for count in (options.memory_cameras, options.cameras):
            console.print(f"bench: vision, {scene}, {count} cameras")
            found.append(_measure_ours(scene, dict(list(urls.items())[:count]), options))
        for count in (1, options.cameras) if options.peer_python else ():
            console.print(f"bench: ultralytics, {scene}, {count} cameras")
            found.append(_measure_peer(scene, list(urls.values())[:count], options))
    return found


def _measure_ours(scene: str, urls: dict[str, str], options: argparse.Namespace) -> Measurement:
    with tempfile.TemporaryDirectory(prefix="vision-bench-") as name:
        folder = Path(name)
        with mosquitto(folder) as port:
            watch = StatusWatch(port)
            try:
                with our_worker(urls, folder, port, options.vision) as worker:
                    wait_until(
                        lambda: watch.online() == len(urls), START_S, "vision has not all cameras online", worker
                    )
                    before, after = _window(worker.pid, options)
                    # A camera that is not read costs nothing: such a figure would be worth as much.
                    if watch.online() != len(urls):
                        raise BenchError(f"{len(urls) - watch.online()} of {len(urls)} cameras were lost on the way")
                    policies = Counter(_policy(status) for status in watch.statuses().values())
                    events = watch.opened
            except (BenchError, ProgramEndedError) as error:
                raise BenchError(f"{error}\n{_tail(folder / 'worker.log')}") from error
            finally:
                watch.close()
    return _measurement("vision", scene, len(urls), before, after, events=events, policies=dict(policies))


def _measure_peer(scene: str, urls: list[str], options: argparse.Namespace) -> Measurement:
    with tempfile.TemporaryDirectory(prefix="vision-bench-") as name:
        folder = Path(name)
        try:
            with peer_loop(urls, folder, options.peer_python, options.peer_weights, options.peer_mode) as peer:
                wait_until(lambda: peer.frames > 0, START_S, "the peer shows no picture", peer.process)
                time.sleep(options.warm_up)
                before, frames_before = usage_of(peer.process.pid), peer.frames
                time.sleep(options.window)
                after, frames_after = usage_of(peer.process.pid), peer.frames
        except (BenchError, ProgramEndedError) as error:
            raise BenchError(f"{error}\n{_tail(folder / 'peer.log')}") from error
    if frames_after == frames_before:
        raise BenchError("the peer looked at no picture in the whole window; its figure would mean nothing")
    frames = (frames_after - frames_before) / (after.at - before.at) / len(urls)
    return _measurement("ultralytics", scene, len(urls), before, after, frames=frames)


def _window(pid: int, options: argparse.Namespace) -> tuple[Usage, Usage]:
    time.sleep(options.warm_up)
    before = usage_of(pid)
    time.sleep(options.window)
    return before, usage_of(pid)


def _measurement(program: str, scene: str, cameras: int, before: Usage, after: Usage, **more: Any) -> Measurement:
    cpu_ms = cpu_ms_per_camera_second(before, after, cameras)
    return Measurement(
        program, scene, cameras, cpu_ms, after.at - before.at, rss_mb=after.rss_mb, uss_mb=after.uss_mb, **more
    )


def _policy(status: dict[str, Any]) -> str:
    policy = status.get("decode_policy", status.get("policy", "unknown"))
    return str(policy.get("name", policy)) if isinstance(policy, dict) else str(policy)


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(lines[-15:])


def summary(measurements: list[Measurement], memory_cameras: int) -> dict[str, Any]:
    """All figures, what follows from them, and how they stand to the budgets; JSON-ready."""
    scenes: dict[str, dict[str, float]] = {}
    budgets: list[dict[str, Any]] = []
    for scene in dict.fromkeys(m.scene for m in measurements):
        ours = {m.cameras: m for m in measurements if m.scene == scene and m.program == "vision"}
        all_cameras = max(ours)
        derived = {"cpu_ms_per_camera_second": ours[all_cameras].cpu_ms}
        budgets.append(_verdict(f"CPU ms per camera-second, {scene}", ours[all_cameras].cpu_ms, BUDGET_MS[scene]))
        if memory_cameras in ours and memory_cameras < all_cameras:
            more = all_cameras - memory_cameras
            derived["rss_mb_per_extra_camera"] = (ours[all_cameras].rss_mb - ours[memory_cameras].rss_mb) / more
            budgets.append(_verdict(f"MB per extra camera, {scene}", derived["rss_mb_per_extra_camera"], BUDGET_MB))
        for peer in (m for m in measurements if m.scene == scene and m.program == "ultralytics"):
            on = "one_camera" if peer.cameras == 1 else "the_same_cameras"
            ratio = peer.cpu_ms / ours[all_cameras].cpu_ms
            derived[f"times_cheaper_than_peer_on_{on}"] = ratio
            # The ratio that counts is the one where the peer has the CPU to do what it sets out to do.
            if peer.cameras == 1:
                budgets.append(_verdict(f"times cheaper than the peer, {scene}", ratio, BUDGET_RATIO, at_least=True))
        scenes[scene] = derived
    return {
        "schema": "cost-per-camera/1",
        "machine": {"processor": _processor(), "cores": os.cpu_count(), "python": platform.python_version()},
        "stream": "1920x1080, 25 fps, H.264, 4 Mbit/s, keyframe every 2 s, RTSP over TCP",
        "measurements": [asdict(m) for m in measurements],
        "scenes": scenes,
        "budgets": budgets,
    }


def _verdict(what: str, value: float, budget: float, *, at_least: bool = False) -> dict[str, Any]:
    return {"what": what, "value": value, "budget": budget, "met": value >= budget if at_least else value <= budget}


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _show(measurements: list[Measurement], result: dict[str, Any]) -> None:
    terminal = Console()
    out = terminal if terminal.is_terminal else Console(width=140)
    table = Table(title=f"{result['stream']}; {result['machine']['processor']}, {result['machine']['cores']} cores")
    for column in (
        "scene",
        "program",
        "cameras",
        "CPU ms / camera-s",
        "looked at / camera-s",
        "RSS MB",
        "events",
        "policy",
    ):
        table.add_column(column, justify="left" if column in ("scene", "program", "policy") else "right")
    for m in measurements:
        policies = ", ".join(f"{count} {policy}" for policy, count in (m.policies or {}).items())
        looked = "adaptive" if m.frames is None else f"{m.frames:.2f} of {FPS}"
        events = "" if m.events is None else str(m.events)
        table.add_row(
            m.scene, m.program, str(m.cameras), f"{m.cpu_ms:.1f}", looked, f"{m.rss_mb:.0f}", events, policies
        )
    out.print(table)
    for scene, derived in result["scenes"].items():
        if "times_cheaper_than_peer_on_the_same_cameras" in derived:
            out.print(
                f"{scene}: {derived['times_cheaper_than_peer_on_one_camera']:.1f} times cheaper than the peer with the "
                f"machine to itself for one camera, {derived['times_cheaper_than_peer_on_the_same_cameras']:.1f} times "
                "than the peer on all of them, for the share of pictures that it got to (see the table)."
            )
    for verdict in result["budgets"]:
        mark = "met" if verdict["met"] else "NOT MET"
        out.print(f"{verdict['what']}: {verdict['value']:.1f}, budget {verdict['budget']:g}: {mark}")


if __name__ == "__main__":
    sys.exit(main())
