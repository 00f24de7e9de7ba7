"""Models: which is in force, what its card says, what a candidate in shadow would have found; used and taken back."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from vision.cases.book_file import BookFile
from vision.console.access import audit
from vision.console.api.errors import ApiError
from vision.console.api.guard import Admin, ConsoleParts, Viewer, address_of
from vision.console.api.people import Asked
from vision.console.parts import Console
from vision.detect import ModelError, list_models, load_manifest
from vision.detect.model_choice import FORMER, put_in_force, take_back
from vision.detect.registry import default_registry, find_model
from vision.evaluate.shadowed import ShadowError, differences
from vision.runtime.shadow import LOG_NAME

router = APIRouter()

CARD = "MODEL_CARD.md"
MOST_CARD = 200_000


class ModelJson(BaseModel):
    """A model that is there."""

    name: str
    version: str
    licence: str
    classes: list[str]
    in_force: bool


class ShadowJson(BaseModel):
    """A candidate in shadow: finds of both, of it alone, of the model in force alone."""

    model: str
    since: float
    cameras: int
    both: int
    candidate_only: int
    in_force_only: int


class Models(BaseModel):
    """`in_force`: what `default` means; `named`: what the site's file says, which may be another; `card`: Markdown."""

    in_force: str | None
    named: str
    card: str | None
    models: list[ModelJson]
    shadow: ShadowJson | None


class UseAsked(Asked):
    """A model's name, or `former`."""

    model: str = Field(max_length=100)


class Used(BaseModel):
    """What was in force, and what is now."""

    before: str
    now: str


@router.get("/api/models", response_model=Models)
def models(console: ConsoleParts, _visitor: Viewer) -> Models:
    """The models there are."""
    try:
        _, default = default_registry()
    except ModelError:
        default = None
    found = []
    for name, folder in sorted(list_models().items()):
        try:
            manifest = load_manifest(folder)
        except ModelError:  # one that cannot be used is no choice
            continue
        found.append(
            ModelJson(
                name=name, version=manifest.version, licence=manifest.licence, classes=list(manifest.class_names),
                in_force=name == default,
            )
        )  # fmt: skip
    named = console.site.site.detector.model
    return Models(in_force=default, named=named, card=_card(named), models=found, shadow=_shadow(console))


@router.post("/api/models/use", response_model=Used)
def use(body: UseAsked, request: Request, console: ConsoleParts, visitor: Admin) -> Used:
    """Put a model in force, or the one before; the worker takes it at its next start."""
    try:
        if body.model == FORMER:
            before, now = take_back()
        elif body.model in list_models():
            before, now = put_in_force(body.model), body.model
        else:
            raise ApiError("not_found", 404)
    except ModelError as error:
        raise ApiError("model", 409, extra={"detail": str(error)}) from None
    with console.store.writing() as session:
        audit.note(session, visitor.name, "model.used", now, {"before": before}, address_of(request))
    return Used(before=before, now=now)


def _card(named: str) -> str | None:
    try:
        path = find_model(named).folder / CARD
        return path.read_text("utf-8")[:MOST_CARD]
    except (ModelError, OSError, UnicodeDecodeError):
        return None


def _shadow(console: Console) -> ShadowJson | None:
    log: Path = console.site.storage / LOG_NAME
    book_path = console.site.storage / "cases.sqlite"
    if not log.is_file() or not book_path.is_file():
        return None
    try:
        book = BookFile(book_path)
    except OSError:
        return None
    try:
        found = differences(log, book)
    except ShadowError:
        return None
    finally:
        book.close()
    counts = (len(found.both), len(found.candidate_only), len(found.in_force_only))
    return ShadowJson(
        model=found.model, since=found.since, cameras=found.cameras,
        both=counts[0], candidate_only=counts[1], in_force_only=counts[2],
    )  # fmt: skip
