"""A site with cases to review: real events and evidence from a replay of the sample clips, as often as is wanted.

`python -m tests.console.seeding FOLDER --cases 40` makes one to work with; then `vision console -c FOLDER/site.yaml`.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import random
import shutil
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import uuid_utils

from vision.cases.book_file import BookFile, CaseRow, IncidentRow
from vision.config import load_site
from vision.evaluate.replay import replay
from vision.rules import RULE_SETTINGS
from vision.rules.rule import new_incident_id
from vision.runtime.site_detector import load_site_detector

CLIPS = Path(__file__).parents[2] / "sample_clips"
CAMERAS = (
    ("bj-001", "八角东街路口", "dumping", "road", 39.9075, 116.2046),
    ("bj-002", "八角北路早市", "vending", "verge", 39.9125, 116.2011),
    ("bj-003", "八角南里停车场", "ground_lock", "bay", 39.9031, 116.2098),
    ("bj-004", "古城大街公园", "quiet", "all", 39.9101, 116.1932),
)
_ZONES = {
    "road": "[[0.05, 0.38], [0.55, 0.38], [0.60, 0.66], [0.30, 0.54], [0.05, 0.46]]",
    "verge": "[[0.02, 0.28], [0.48, 0.28], [0.55, 0.80], [0.02, 0.80]]",
    "bay": "[[0.66, 0.62], [0.74, 0.53], [0.99, 0.64], [0.99, 0.86]]",
    "all": "[[0, 0], [1, 0], [1, 1], [0, 1]]",
}
_RULES = {
    "road": "[{rule: illegal_dumping, dwell: 5s}, {rule: street_vending, dwell: 15s}]",
    "verge": "[{rule: street_vending, dwell: 15s}]",
    "bay": "[{rule: ground_lock, dwell: 8s, inventory: 5s}]",
    "all": "[{rule: illegal_dumping, dwell: 5s}]",
}


CLEARED_SHARE = 0.4


@dataclass(frozen=True)
class SeededSite:
    """A site's folder with its book and evidence; `case_ids` newest first."""

    folder: Path
    case_ids: list[str]

    @property
    def config(self) -> Path:
        return self.folder / "site.yaml"

    @property
    def storage(self) -> Path:
        return self.folder / "var"

    @property
    def book(self) -> Path:
        return self.storage / "cases.sqlite"


def write_site(folder: Path, console: str = "") -> Path:
    """A configuration with four cameras; `console`: lines of its section, indented."""
    cameras = "".join(
        f"  # {name}: changed by hand now and then\n"
        f"  - id: {camera_id}\n    name: {name}\n    source: {CLIPS / clip / 'clip.mp4'}\n"
        "    loop: true\n    password: hunter2-of-the-camera\n"
        f"    location: {{lat: {lat}, lon: {lon}, address: {name}, grid: '110107001001001'}}\n"
        f"    zones:\n      - id: {zone}   # as agreed with the office\n        polygon: {_ZONES[zone]}\n"
        f"        rules: {_RULES[zone]}\n"
        for camera_id, name, clip, zone, lat, lon in CAMERAS
    )
    path = folder / "site.yaml"
    path.write_text(
        "# The site of the console's tests.\n"
        "site: {id: test, name: 八角街道, timezone: Asia/Shanghai}\n"
        "mqtt: {url: 'mqtt://127.0.0.1:1883', username: worker, password: hunter2-of-the-broker}\n"
        "storage: {dir: var, min_free: 10MB}\n"
        f"runtime: {{listen: ''}}\nconsole:\n  listen: 127.0.0.1:0\n{console}cameras:\n{cameras}",
        "utf-8",
    )
    return path


def real_events(folder: Path) -> list[dict[str, Any]]:
    """Replays the clips that hold events: all case events with evidence under `folder`; some 20 s of computing."""
    site = load_site(write_site(folder), RULE_SETTINGS)
    found: list[dict[str, Any]] = []
    with load_site_detector(site) as detector:
        for camera in site.cameras[:3]:
            result = replay(site.resolve(camera.source), camera, site, detector, evidence=folder / "evidence")
            found += [json.loads(one.event.to_json()) for one in result.events]
    return found


def recorded_events(folder: Path) -> list[dict[str, Any]]:
    """What `real_events` once gave, without its computing: stills are cut from the clips, the clip is the whole."""
    events: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "events.json").read_text("utf-8"))
    clips = {camera_id: CLIPS / clip / "clip.mp4" for camera_id, _, clip, *_ in CAMERAS}
    for event in events:
        for item in event["evidence"]:
            file = folder / "evidence" / item["uri"].removeprefix("file:///evidence/")
            file.parent.mkdir(parents=True, exist_ok=True)
            clip = clips[event["camera_id"]]
            if item["role"] == "clip":
                _link(clip, file)
            else:
                _cut(clip, {"before": 10, "act": 140}.get(item["role"], 200), file)
            item["uri"] = file.absolute().as_uri()
    return events


def _cut(clip: Path, number: int, file: Path) -> None:
    video = cv2.VideoCapture(str(clip))
    video.set(cv2.CAP_PROP_POS_FRAMES, number)
    _, picture = video.read()
    video.release()
    assert cv2.imwrite(str(file), picture)


def seed(folder: Path, cases: int, source: Path, events: list[dict[str, Any]], console: str = "") -> SeededSite:
    """Make a site whose book holds `cases` cases over the last days, each a copy of a real one.

    Args:
        source, events: evidence folder and result of `real_events`.
    """
    write_site(folder, console)
    stories = _stories(events)
    seeded = SeededSite(folder, [])
    dice = random.Random(7)
    now = time.time()
    rows = []
    for number in range(cases):
        story = stories[number % len(stories)]
        begin = now - 120 - number * min(600.0, 20 * 86400 / cases)
        rows.append((begin, _copied(story, begin, dice, source, seeded.storage / "evidence")))
    add_to_book(seeded.book, [events for _, events in reversed(rows)])
    seeded.case_ids.extend(events[0]["case_id"] for _, events in rows)
    _write_live(seeded)
    return seeded


def add_to_book(path: Path, stories: list[list[dict[str, Any]]]) -> None:
    """Write cases into a book as the worker does, each a list of its events."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = BookFile(path)
    with book.at_once():
        for story in stories:
            for event in story:
                _put(book, story[0], event)
    book.close()


def add_answer(path: Path, case_id: str, kind: str, reason: str | None = None) -> None:
    """Write an answer of the centre into a book."""
    book = BookFile(path)
    book.add_answer(case_id, kind, reason, json.dumps({"kind": kind, "case_id": case_id}), time.time())
    book.close()


def _put(book: BookFile, first: dict[str, Any], event: dict[str, Any]) -> None:
    at, place = _seconds(event["detected_at"]), event["location"]
    state = {"cleared": "cleared", "withdrawn": "withdrawn"}.get(event["kind"], "open")
    began, found = _seconds(event["occurred_at"]), _seconds(first["detected_at"])
    ids = (event["case_id"], event["category"], event["camera_id"], event["zone_id"])
    book.put_case(
        CaseRow(*ids, state, began, at, place["lat"], place["lon"], event["event_id"], found, "WGS84",  # type: ignore[arg-type]
                first["event_id"], None, None)
    )  # fmt: skip
    incident = (ids[0], ids[0], ids[2], ids[3], ids[1], event["subcategory"], state)
    book.put_incident(IncidentRow(*incident, tuple(event["bbox"]), event["confidence"], None))  # type: ignore[arg-type]
    book.add_event(event["event_id"], ids[0], event["kind"], at, json.dumps(event, ensure_ascii=False))


def _stories(events: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    stories: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        stories.setdefault(event["case_id"], []).append(event)
    return [story for story in stories.values() if story[0]["kind"] == "opened"]


def _copied(
    story: list[dict[str, Any]], begin: float, dice: random.Random, source: Path, target: Path
) -> list[dict[str, Any]]:
    case_id = new_incident_id(begin)
    confidence = round(dice.uniform(0.35, 0.98), 3)
    shift = begin - _seconds(story[0]["occurred_at"])
    copies: list[dict[str, Any]] = []
    for event in story:
        made = copy.deepcopy(event)
        made |= {"event_id": str(uuid_utils.uuid7()), "case_id": case_id, "confidence": confidence}
        made["severity"] = dice.choice(["normal", "normal", "normal", "high", "low"])
        for key in ("occurred_at", "detected_at"):
            made[key] = _moved(event[key], shift)
        for actor in made["actors"]:
            actor |= {key: _moved(actor[key], shift) for key in ("first_seen", "last_seen")}
        for item, old in zip(made["evidence"], event["evidence"], strict=True):
            item["taken_at"] = _moved(old["taken_at"], shift)
            ending = old["uri"].rpartition(".")[2]
            folder = target / item["taken_at"][:10] / event["camera_id"] / case_id
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / f"{made['event_id']}-{old['role']}.{ending}"
            _link(Path(old["uri"].removeprefix("file://")), file)
            item["uri"] = file.absolute().as_uri()
        copies.append(made)
    if dice.random() < CLEARED_SHARE:
        copies.append(_cleared(copies[0], dice.uniform(600, 7200)))
    return [event for event in copies if _seconds(event["detected_at"]) < time.time()]


def _cleared(opened: dict[str, Any], after_s: float) -> dict[str, Any]:
    """The place is clean again."""
    made = copy.deepcopy(opened)
    moment = _moved(opened["detected_at"], after_s)
    made |= {"event_id": str(uuid_utils.uuid7()), "kind": "cleared", "evidence": [], "detected_at": moment}
    return made | {"dwell_s": round(_seconds(moment) - _seconds(opened["occurred_at"]), 3)}


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _write_live(seeded: SeededSite) -> None:
    """Stills and states as the worker leaves them in `live/`."""
    live = seeded.storage / "live"
    live.mkdir(parents=True, exist_ok=True)
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    for number, (camera_id, *_rest) in enumerate(CAMERAS):
        stills = sorted((seeded.storage / "evidence").glob(f"*/{camera_id}/*/*-before.jpg"))
        if stills:
            shutil.copyfile(stills[-1], live / f"{camera_id}.jpg")
        state = {
            "online": number != 3, "policy": "keyframes", "codec": "h264", "size": [1024, 768], "fps": 0.5,
            "gop_s": 2.0, "kbit_s": 1800, "transport": "tcp", "reconnects": 0, "last_error": None,
            "view": {"usable": True, "problem": None}, "register": [], "at": now,
            "picture_at": now, "cost_ms_per_s": 18,
            "tracks": [{"class": "person", "bbox": [0.2, 0.4, 0.25, 0.6], "track_id": 7}],
        }  # fmt: skip
        (live / f"{camera_id}.json").write_text(json.dumps(state), "utf-8")


def _moved(moment: str, shift: float) -> str:
    return (datetime.fromisoformat(moment) + timedelta(seconds=shift)).isoformat(timespec="milliseconds")


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def main() -> None:
    """Make a site to work with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cases", type=int, default=40)
    asked = parser.parse_args()
    source = asked.folder / "replayed"
    source.mkdir(parents=True, exist_ok=True)
    seeded = seed(asked.folder, asked.cases, source, real_events(source))
    print(f"{len(seeded.case_ids)} cases: vision console -c {seeded.config}")  # noqa: T201


if __name__ == "__main__":
    main()
