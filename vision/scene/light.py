"""Comparing pictures of one place under different light: what of a difference is light, and what is another thing."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from vision.sources import Image

Mask = npt.NDArray[np.bool_]

CHANGED = 22
"""Grey levels (0..255) by which a pixel must leave the range of its clean neighbourhood; night noise stays below 15."""
COLOURLESS = 12.0
"""Mean difference of a pixel's strongest and weakest channel (grey levels) below which a picture has no colour: by
infrared. Streets under an overcast sky have 15 and more."""
_SPARSE = 4
"""Every fourth pixel each way is enough for a median over a cell: 150 samples."""
_BAND, _LEAST_BAND = 16, 0.03
"""Grey levels of a band, and the least share of the picture that may tell how its tone has changed: several times what
a bag covers."""
_LEAST_SHIFT, _MOST_SHIFT = 1.0, 40.0
"""Grey levels: less is noise (of a median over a band, hundreds of samples at noise 5), and more is another picture.
Ground that cannot be seen gathers what is left out look by look: with 3 for the least, five minutes of slowly rising
contrast were a change."""
_UNEVEN = 0.1
"""Log light by which cells must differ for another cause to be looked for: below, 10 grey levels in 100 at most."""
_GRID = (8, 6)
"""Columns and rows of the light field: an object smaller than half a cell does not shift a cell's median."""


def in_light_of(image: Image, clean: npt.NDArray[np.float32], usable: Mask) -> tuple[Image, npt.NDArray[np.float32]]:
    """The clean view as it would look in the light and with the tones of `image`, and the light: (h, w, 1) factor.

    Where the light came unevenly, as it seems, the tones of the whole picture are tried as the first cause, too, and
    what explains the picture better is taken: brightness that a camera adds is a large factor to a dark shelf and a
    small one to the wall beside it, so that a white sheet on the shelf would have to be far brighter than it is.

    Args:
        image: (h, w, 3) BGR.
        clean: (h, w, 3) BGR, grey levels.
        usable: (h, w) where both show the same things, as far as is known.
    """
    field = light_field(clean, image, usable)
    lit = toned(cv2.convertScaleAbs(clean * field), image, usable)
    if float(np.ptp(np.log(field[::_SPARSE, ::_SPARSE]))) < _UNEVEN or not usable[::_SPARSE, ::_SPARSE].any():
        return lit, field
    overall = _overall(*_sparse_greys(clean, image), usable[::_SPARSE, ::_SPARSE])
    alike = toned(cv2.convertScaleAbs(clean, alpha=overall), image, usable)
    rest = light_field(alike, image, usable)
    other = toned(cv2.convertScaleAbs(alike * rest), image, usable)
    if _misfit(other, image, usable) < _misfit(lit, image, usable):
        return other, overall * rest
    return lit, field


def light_field(clean: npt.NDArray[np.float32] | Image, image: Image, usable: Mask) -> npt.NDArray[np.float32]:
    """(h, w, 1) factor by which `image` is brighter than the clean view, smooth over the picture.

    `usable`: (h, w) where both show the same things, as far as is known.
    """
    usable = np.ascontiguousarray(usable[::_SPARSE, ::_SPARSE])
    now, then = _sparse_greys(clean, image)
    ratio, overall = now / then, _overall(now, then, usable)
    columns, rows = _GRID
    field = np.full((rows, columns), overall, np.float32)
    height, width = ratio.shape
    for row in range(rows):
        for column in range(columns):
            cell = np.s_[
                row * height // rows : (row + 1) * height // rows,
                column * width // columns : (column + 1) * width // columns,
            ]
            there = ratio[cell][usable[cell]]
            if there.size > 0.3 * usable[cell].size:
                field[row, column] = median(there)
    smooth = cv2.GaussianBlur(cv2.medianBlur(field, 3), (3, 3), 0)
    full = (image.shape[1], image.shape[0])
    factor = cv2.resize(np.clip(smooth, 0.3, 3.0), full, interpolation=cv2.INTER_LINEAR)
    return factor[..., None]


def toned(lit: Image, image: Image, usable: Mask) -> Image:
    """The clean view, light allowed for, with the tones of `image`: a camera that turns up its contrast makes what is
    dark darker and what is bright brighter, which no factor does.

    For each band of grey the median difference over all `usable` pixels of it; a band that is less than `_LEAST_BAND`
    of the picture takes the next one's, because a single thing may fill it.
    """
    sparse = np.s_[::_SPARSE, ::_SPARSE]
    then = cv2.cvtColor(lit[sparse], cv2.COLOR_BGR2GRAY)
    differs = cv2.cvtColor(image[sparse], cv2.COLOR_BGR2GRAY).astype(np.int16) - then
    counted = usable[sparse]
    bands, differs = (then // _BAND)[counted], differs[counted]
    pixels = np.bincount(bands, minlength=256 // _BAND)
    shifts = {}
    for band in np.flatnonzero(pixels >= _LEAST_BAND * then.size):
        shift = median(differs[bands == band])
        shifts[(band + 0.5) * _BAND] = min(max(shift, -_MOST_SHIFT), _MOST_SHIFT)
    if not shifts or max(map(abs, shifts.values())) < _LEAST_SHIFT:
        return lit
    curve = np.rint(np.interp(np.arange(256), list(shifts), list(shifts.values()))).astype(np.int16)
    grey = cv2.cvtColor(lit, cv2.COLOR_BGR2GRAY)
    up, down = (cv2.LUT(grey, np.clip(sign * curve, 0, 255).astype(np.uint8)) for sign in (1, -1))
    return cv2.subtract(cv2.add(lit, cv2.merge([up] * 3)), cv2.merge([down] * 3))


def _sparse_greys(
    clean: npt.NDArray[np.float32] | Image, image: Image
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Every fourth pixel each way of `image` and of the clean view, in grey levels above -4, so that none is black."""
    now, then = (cv2.cvtColor(a[::_SPARSE, ::_SPARSE], cv2.COLOR_BGR2GRAY).astype(np.float32) for a in (image, clean))
    return now + 4, then + 4


def _overall(now: npt.NDArray[np.float32], then: npt.NDArray[np.float32], usable: Mask) -> float:
    """The factor by which most of the picture is brighter."""
    ratio = now / then
    there = ratio[usable]
    return median(there if there.size > 0.05 * ratio.size else ratio.ravel())


def median(values: npt.NDArray[np.float32] | npt.NDArray[np.int16]) -> float:
    """The median of (n,) finite values, n ≥ 1: as `np.median`, which takes three times as long over some hundred."""
    middle = values.size // 2
    if values.size % 2:
        return float(np.partition(values, middle)[middle])
    low, high = np.partition(values, (middle - 1, middle))[middle - 1 : middle + 1]
    return float((low + high) / 2)


def _misfit(lit: Image, image: Image, usable: Mask) -> float:
    """Mean difference of the usable pixels, grey levels."""
    sparse = np.s_[::_SPARSE, ::_SPARSE]
    return float(cv2.absdiff(lit[sparse], image[sparse])[usable[sparse]].mean())


def outside_neighbourhood(image: Image, clean: Image) -> Image:
    """(h, w) grey levels by which a pixel leaves the range that the clean view takes within one pixel around it.

    The range, not the pixel: a camera on a mast sways by a pixel.
    """
    around = np.ones((3, 3), np.uint8)
    above = cv2.subtract(image, cv2.dilate(clean, around))
    below = cv2.subtract(cv2.erode(clean, around), image)
    return strongest_channel(cv2.max(above, below))


def strongest_channel(image: Image) -> Image:
    """(h, w) largest of the three channels; OpenCV's, because NumPy's reduction over 3 values is 20 times slower."""
    blue, green, red = cv2.split(image)
    return cv2.max(cv2.max(blue, green), red)


def differing_share(clean: Image, known: Mask, image: Image) -> float:
    """Share of the picture, 0..1, where `image` differs from a clean view that is known there, light allowed for."""
    view = clean.astype(np.float32)
    differs = outside_neighbourhood(image, cv2.convertScaleAbs(view * light_field(view, image, known))) > CHANGED
    return float((differs & known).mean())


def is_colourless(image: Image) -> bool:
    """Whether a picture (BGR) has no colour, as by infrared."""
    return float(colourfulness(image).mean()) < COLOURLESS


def colourfulness(image: Image) -> npt.NDArray[np.uint8]:
    """(h, w) distance of each pixel's strongest channel from its weakest, grey levels."""
    blue, green, red = cv2.split(image)
    spread: npt.NDArray[np.uint8] = cv2.subtract(strongest_channel(image), cv2.min(cv2.min(blue, green), red))
    return spread


def without_colour(image: Image) -> Image:
    """(h, w, 3) the same picture as a camera shows it that has switched its colours off."""
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
