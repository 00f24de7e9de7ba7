"""Models of things on a street, built from primitives inside Blender: no downloaded asset, so they are ours."""
