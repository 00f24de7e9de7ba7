"""The peer: Ultralytics' own stream loop, as its documentation shows it, on all cameras at once.

Run by a Python that has torch and ultralytics; needs nothing of ours. Prints one JSON object a second:
{"frames": pictures looked at so far, all cameras together}.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time

# As our own worker reads its cameras. Must be set before OpenCV is loaded.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
# It must neither install packages nor look for updates while it is measured.
os.environ.setdefault("YOLO_AUTOINSTALL", "false")
os.environ.setdefault("YOLO_OFFLINE", "true")


def main() -> None:
    """Runs until it is killed or its cameras end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("streams", help="file with one RTSP address a line, named *.streams")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--mode", choices=("predict", "track"), default="predict")
    options = parser.parse_args()

    from ultralytics import YOLO

    model = YOLO(options.weights)
    if options.mode == "track":
        results = model.track(source=options.streams, stream=True, persist=True, verbose=False)
    else:
        results = model.predict(source=options.streams, stream=True, verbose=False)
    told = 0.0
    for frames, _ in enumerate(results, start=1):
        if time.monotonic() - told >= 1:
            told = time.monotonic()
            sys.stdout.write(json.dumps({"frames": frames}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
