"""Frames in, detections out."""

from vision.detect.detections import Detections
from vision.detect.roles import Role

__all__ = ["Detections", "Role"]
