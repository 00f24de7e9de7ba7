"""Zones: checked as the configuration's loader checks them, saved into the same file, as versions."""
