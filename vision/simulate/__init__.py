"""Recorded clips that behave like cameras, for tests, the demo and measurements."""

from vision.simulate.access_units import SimulateError
from vision.simulate.broker import EmbeddedBroker
from vision.simulate.cameras import RtspCameras

__all__ = ["EmbeddedBroker", "RtspCameras", "SimulateError"]
