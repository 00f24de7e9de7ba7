"""Put things into footage of a fixed camera so that they stand on its ground, in its light, behind who passes."""

from composing.footage import FPS, Footage, Picture, Seconds
from composing.ground import Ground
from composing.inserts import Insert, PaintedBay, Stander, Standing, box_of, lay_in
from composing.video import GOP, encode

__all__ = [
    "FPS",
    "GOP",
    "Footage",
    "Ground",
    "Insert",
    "PaintedBay",
    "Picture",
    "Seconds",
    "Stander",
    "Standing",
    "box_of",
    "encode",
    "lay_in",
]
