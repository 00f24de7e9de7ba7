"""Frames in, detections out.

`load_detector` makes a detector of a model; `BatchingDetector` serves all cameras of a process with it; `prepare_look`
makes of a frame the pictures that it looks at. Importing this room loads no backend.
"""

from vision.detect.batching import BatchingDetector
from vision.detect.coco_roles import COCO_ROLES
from vision.detect.decode import suppress
from vision.detect.detections import Detections
from vision.detect.detector import Detector, ModelDetector
from vision.detect.errors import DetectorError, DetectorStoppedError, DetectorStuckError, ModelError, Superseded
from vision.detect.hardware import Hardware, probe_hardware
from vision.detect.kinds import KindClassifier, list_classifiers, load_classifier, load_classifier_manifest
from vision.detect.loading import load_detector
from vision.detect.looks import WHOLE, Look, PreparedLook, merge_looks, prepare_look, tiles
from vision.detect.loop_status import BatchingCounters, DetectorHealth
from vision.detect.manifest import Manifest, ModelClass, load_manifest
from vision.detect.registry import find_model, list_models, model_folders
from vision.detect.roles import Role
from vision.detect.selection import Choice, select_backend

__all__ = [
    "COCO_ROLES",
    "WHOLE",
    "BatchingCounters",
    "BatchingDetector",
    "Choice",
    "Detections",
    "Detector",
    "DetectorError",
    "DetectorHealth",
    "DetectorStoppedError",
    "DetectorStuckError",
    "Hardware",
    "KindClassifier",
    "Look",
    "Manifest",
    "ModelClass",
    "ModelDetector",
    "ModelError",
    "PreparedLook",
    "Role",
    "Superseded",
    "find_model",
    "list_classifiers",
    "list_models",
    "load_classifier",
    "load_classifier_manifest",
    "load_detector",
    "load_manifest",
    "merge_looks",
    "model_folders",
    "prepare_look",
    "probe_hardware",
    "select_backend",
    "suppress",
    "tiles",
]
