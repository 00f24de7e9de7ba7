"""Pictures with what people said of them: imported from verdicts, checked, exported for training."""

from vision.dataset.checks import Finding, check
from vision.dataset.pictures import DatasetError, Labelled, Picture, PictureSet, read_set, write_set

__all__ = [
    "DatasetError",
    "Finding",
    "Labelled",
    "Picture",
    "PictureSet",
    "check",
    "read_set",
    "write_set",
]
