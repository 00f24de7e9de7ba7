from __future__ import annotations

import threading
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vision.sources import Attention, CameraReader, FileReplay, PacketStream, SourceError, Timeline

from .conftest import START, MakeClip, camera, packets_of, wait_until


def refusal(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        PacketStream(camera(str(path)), str(path), Timeline(START))
    assert "bj-001" in str(caught.value)
    assert path.name in str(caught.value)
    return str(caught.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    assert "does not exist; check the path" in refusal(tmp_path / "nowhere.mp4")


def test_folder_is_refused(tmp_path: Path) -> None:
    assert "this is a folder" in refusal(tmp_path)


def test_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    assert "the file is empty" in refusal(tmp_path / "empty.mp4")


def test_text_is_no_video(tmp_path: Path) -> None:
    for name in ("notes.mp4", "notes.txt"):
        (tmp_path / name).write_text("not a video\n" * 200)
        assert "not a video file" in refusal(tmp_path / name)


def test_truncated_recording_says_that_its_index_is_missing(make_clip: MakeClip, tmp_path: Path) -> None:
    whole = make_clip().read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    assert "cut off: its index (moov) is missing; copy or record it again" in refusal(tmp_path / "cut.mp4")


def test_sound_without_pictures_is_refused(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "sound.mkv"), "w") as file:
        stream = file.add_stream("pcm_s16le", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
        sound.rate = 8000
        file.mux(stream.encode(sound))
        file.mux(stream.encode(None))
    assert "there is no video in it" in refusal(tmp_path / "sound.mkv")


def test_one_picture_is_no_video(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "one.jpg"), np.zeros((48, 64, 3), np.uint8))
    assert "not a video file" in refusal(tmp_path / "one.jpg")


def test_playlist_cannot_make_us_fetch_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:1/a.ts\n")
    assert "not a video file" in refusal(tmp_path / "list.m3u8")


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts"])
def test_packets_begin_at_the_start_time(make_clip: MakeClip, container: str) -> None:
    codec, packets = packets_of(make_clip(container, b_frames=2))
    assert (codec.name, codec.width, codec.height) == ("h264", 320, 240)
    assert len(packets) == 60
    assert packets[0].keyframe
    assert packets[0].time == pytest.approx(START, abs=0.001)
    assert max(packet.time for packet in packets) == pytest.approx(START + 5.9, abs=0.002)


def test_any_codec_can_be_replayed(make_clip: MakeClip) -> None:
    path = make_clip("avi", codec="mpeg4")
    assert len(list(FileReplay(path, camera(str(path)), START))) >= 4


def test_replay_is_the_same_every_time(make_clip: MakeClip) -> None:
    path = make_clip(b_frames=2)

    def run() -> list[tuple[float, float, bytes]]:
        replay = FileReplay(path, camera(str(path)), START)
        frames = []
        for frame in replay:
            replay.attend(Attention.ACTIVE if 2 < frame.media_s < 4 else Attention.QUIET)
            frames.append((frame.time, frame.media_s, frame.bgr(32, 24).tobytes()))
        return frames

    first = run()
    assert first == run()
    assert [time for time, _, _ in first] == sorted({time for time, _, _ in first})


def test_replay_tells_its_length_and_how_it_went(make_clip: MakeClip) -> None:
    path = make_clip()
    replay = FileReplay(path, camera(str(path)), START)
    assert replay.duration_s == pytest.approx(6.0, abs=0.11)
    frames = list(replay)
    status = replay.status()
    assert status.ended
    assert (status.codec, status.packets, status.frames_handed_out) == ("h264", 60, len(frames))
    assert status.fps == pytest.approx(10.0, rel=0.05)
    assert replay.ring.window(START + 1, START + 2) is not None


def test_recording_that_breaks_off_gives_what_there_is(make_clip: MakeClip, tmp_path: Path) -> None:
    whole = make_clip("ts").read_bytes()
    (tmp_path / "cut.ts").write_bytes(whole[: len(whole) * 2 // 3])
    frames = list(FileReplay(tmp_path / "cut.ts", camera(), START))
    assert 3 <= len(frames) <= 5


def test_file_camera_ends_with_its_file(make_clip: MakeClip) -> None:
    path = make_clip(seconds=1)
    reader = CameraReader(camera(str(path), decode={"policy": "all"}), str(path))
    reader.start()
    frames = []
    while (frame := reader.mailbox.get(30)) is not None:
        frames.append(frame)
    assert reader.mailbox.closed
    assert reader.status().ended
    assert not reader.status().online
    assert frames
    assert reader.stop()


def test_looped_file_camera_goes_on_with_its_time(make_clip: MakeClip) -> None:
    path = make_clip(seconds=1)
    reader = CameraReader(camera(str(path), loop=True, decode={"policy": "all"}), str(path))
    reader.start()
    times: list[float] = []
    while not times or times[-1] < times[0] + 2.2:
        frame = reader.mailbox.get(30)
        assert frame is not None
        times.append(frame.time)
    assert reader.stop(30)
    assert times == sorted(set(times))
    assert reader.status().timestamp_anomalies == {}


def test_file_that_appears_later_is_taken_up(make_clip: MakeClip, tmp_path: Path) -> None:
    path = tmp_path / "late.mp4"
    settings = {"reconnect_min": 0.1, "reconnect_max": 1}
    reader = CameraReader(camera(str(path), decode=settings), str(path))
    reader.start()
    wait_until(lambda: reader.status().last_error is not None, "the missing file is reported")
    assert "does not exist" in (reader.status().last_error or "")
    path.write_bytes(make_clip().read_bytes())
    wait_until(lambda: reader.status().online, "the file is read")
    assert reader.stop(30)
    assert not [thread for thread in threading.enumerate() if thread.name == "source-bj-001"]
