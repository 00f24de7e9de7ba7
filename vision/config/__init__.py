"""What a site is: read from YAML, checked, watched."""

from vision.config.camera import Camera, DecodeSettings, DispatchHint, Location
from vision.config.cases import CaseSettings
from vision.config.changes import SiteChange, diff_sites
from vision.config.console import ConsoleSettings, OidcSettings
from vision.config.durations import Duration, format_duration, parse_duration
from vision.config.editing import fixture_added, masks_changed, masks_of, save_site_text, zones_changed, zones_of
from vision.config.errors import ConfigError, Problem
from vision.config.fixture import Fixture, Spot
from vision.config.health import HealthSettings, Preset
from vision.config.loader import load_site
from vision.config.mqtt import MqttSettings
from vision.config.polygon import Polygon
from vision.config.recording import CameraRecording, RecordingSettings
from vision.config.rule import RuleSettings
from vision.config.schedule import Schedule
from vision.config.schema import site_json_schema
from vision.config.secrets import redact_url
from vision.config.sections import DetectorSettings, RuntimeSettings, SiteIdentity, StorageSettings
from vision.config.site import Site
from vision.config.sizes import ByteSize, format_size, parse_size
from vision.config.unknown_classes import unknown_classes
from vision.config.watcher import SiteWatcher
from vision.config.zone import Zone

__all__ = [
    "ByteSize",
    "Camera",
    "CameraRecording",
    "CaseSettings",
    "ConfigError",
    "ConsoleSettings",
    "DecodeSettings",
    "DetectorSettings",
    "DispatchHint",
    "Duration",
    "Fixture",
    "HealthSettings",
    "Location",
    "MqttSettings",
    "OidcSettings",
    "Polygon",
    "Preset",
    "Problem",
    "RecordingSettings",
    "RuleSettings",
    "RuntimeSettings",
    "Schedule",
    "Site",
    "SiteChange",
    "SiteIdentity",
    "SiteWatcher",
    "Spot",
    "StorageSettings",
    "Zone",
    "diff_sites",
    "fixture_added",
    "format_duration",
    "format_size",
    "load_site",
    "masks_changed",
    "masks_of",
    "parse_duration",
    "parse_size",
    "redact_url",
    "save_site_text",
    "site_json_schema",
    "unknown_classes",
    "zones_changed",
    "zones_of",
]
