"""Compose labelled scenes: real footage of a fixed camera, and things, people and weather laid into it."""
