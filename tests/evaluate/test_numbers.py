"""Intervals against published values; rows, comparison and recommendation on runs that are written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from vision.evaluate.candidate import trial
from vision.evaluate.comparison import compare, cost
from vision.evaluate.intervals import rate_interval, share_interval
from vision.evaluate.runs import Found, SceneRun
from vision.evaluate.scenes import Ignored, Label, Scene, cut_short, with_dwell
from vision.evaluate.scoring import Scores, Verdict
from vision.evaluate.summary import Row, over_confidence, quiet, row, rows
from vision.evaluate.sweeps import MOST_VARIANTS, Variant, recommend, variants

BOX = (0.1, 0.1, 0.2, 0.2)


def label(category: str = "illegal_dumping", hard: bool = False, left_s: float = 10.0) -> Label:
    return Label(category, BOX, (left_s + 4.0, left_s + 20.0), left_s, hard)


def found(
    verdict: Verdict,
    number: int | None = None,
    confidence: float = 0.9,
    category: str = "illegal_dumping",
    at_s: float = 18.0,
) -> Found:
    return Found(category, at_s - 8, at_s, confidence, BOX, verdict, number)


def run(
    name: str, labels: tuple[Label, ...] = (), reports: tuple[Found, ...] = (), cpu_s: float = 2.0, looks: int = 40
) -> SceneRun:
    scene = Scene(name, Path("clip.mp4"), Path("site.yaml"), 5.0, labels, ())
    hard = {number for number, one in enumerate(labels) if one.hard}
    taken = {one.label for one in reports if one.label is not None}
    scores = Scores(
        scene=name, labels=len(labels) - len(hard), hits=len(taken - hard), hard_labels=len(hard),
        hard_hits=len(taken & hard), false=tuple({"at_s": r.detected_s} for r in reports if r.verdict == "false"),
        delays_s=(), duration_s=40.0, looks=looks, frames=80,
    )  # fmt: skip
    return SceneRun(scene, scores, reports, cpu_s)


def test_wilsons_interval_of_81_in_263() -> None:
    # Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3.
    assert share_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert share_interval(0, 0) is None


def test_poisson_interval_is_garwoods() -> None:
    # Garwood 1936, Biometrika 28:437-442: 95 % limits for 0 and 10 events.
    assert rate_interval(0, 1.0) == pytest.approx((0.0, 3.689), abs=1e-3)
    assert rate_interval(10, 2.0) == pytest.approx((4.795 / 2, 18.39 / 2), abs=1e-2)
    assert rate_interval(0, 0.0) is None


def test_a_row_counts_its_own_category_and_leaves_hard_labels_out() -> None:
    runs = [
        run("a", (label(), label(hard=True)), (found("hit", 0), found("hard", 1))),
        run("b", (label("street_vending"),), (found("false"), found("ignored"))),
        SceneRun(run("c", (label(),)).scene, None, error="broken"),
    ]
    assert rows(runs) == [
        Row("illegal_dumping", 1, 1, 1),
        Row("street_vending", 1, 0, 0),
        Row("all", 2, 1, 1),
    ]
    total = row(runs)
    assert (total.precision, total.recall, total.f1) == (0.5, 0.5, 0.5)
    assert Row("none", 0, 0, 0).f1 is None


def test_a_threshold_on_confidence_drops_false_and_true_alike() -> None:
    runs = [run("a", (label(), label()), (found("hit", 0, 0.9), found("hit", 1, 0.4), found("false", None, 0.6)))]
    curve = dict(over_confidence(runs, steps=10))
    assert (curve[0.0].hits, curve[0.0].false) == (2, 1)
    assert (curve[0.5].hits, curve[0.5].false) == (1, 1)
    assert (curve[0.7].hits, curve[0.7].false) == (1, 0)


def test_false_alarms_a_day_come_from_scenes_without_events_only() -> None:
    still = quiet([run("a", (label(),), (found("false"),)), run("n", (), (found("false"),)), run("m")])
    assert (still.scenes, still.false) == (2, 1)
    assert still.a_day == pytest.approx(24 / (80 / 3600))


def test_comparison_names_what_only_one_run_found_and_what_it_cost() -> None:
    labels = (label(), label(), label())
    adaptive = run("a", labels, (found("hit", 0, at_s=20.0), found("hit", 1), found("false")), cpu_s=2.0, looks=40)
    full = run("a", labels, (found("hit", 0, at_s=18.5), found("hit", 2)), cpu_s=40.0, looks=1000)
    (one,) = compare([adaptive], [full])
    assert (one.lost, one.gained, one.later_s) == ((2,), (1,), (1.5,))
    assert (one.false, one.reference_false) == (1, 0)
    assert cost([full]).cpu_ms / cost([adaptive]).cpu_ms == pytest.approx(20)
    assert compare([adaptive], [SceneRun(full.scene, None, error="x")]) == []


def test_windows_move_with_the_dwell_and_what_comes_after_the_end_is_not_asked_for() -> None:
    scene = Scene("s", Path("c"), Path("y"), 5.0, (label(left_s=10.0), label(left_s=30.0)), ())
    longer = with_dwell(scene, 15.0)
    assert [one.window_s for one in longer.events] == [(14.0, 40.0), (34.0, 60.0)]
    assert with_dwell(scene, 2.0).events[0].window_s == (11.0, 27.0)
    short = cut_short(longer, 40.0)
    assert short.events == longer.events[:1]
    assert short.ignored == (Ignored(BOX, (34.0, 60.0)),)
    assert cut_short(longer, 60.0) is longer


def variant(settings: dict[str, str], hits: int, false: int, wait: float | None = 10.0) -> Variant:
    return Variant(settings, Row("x", 10, hits, false), 0.0, wait)


def test_what_is_in_force_stays_unless_something_is_better() -> None:
    now = variant({}, 9, 1)
    assert recommend([now, variant({"dwell": "20s"}, 9, 1), variant({"dwell": "90s"}, 8, 0, 70.0)]) is now
    fewer = variant({"dwell": "30s"}, 9, 0)
    assert recommend([now, fewer]) is fewer
    sooner = variant({"dwell": "10s"}, 9, 1, 5.0)
    assert recommend([now, sooner]) is sooner
    assert recommend([variant({}, 0, 0, None), variant({"dwell": "5s"}, 1, 9)]).settings == {"dwell": "5s"}


def test_every_combination_is_tried_up_to_a_limit() -> None:
    assert variants({"dwell": ["1s", "2s"], "min_score": ["0.3"]}) == [
        {},
        {"dwell": "1s", "min_score": "0.3"},
        {"dwell": "2s", "min_score": "0.3"},
    ]
    with pytest.raises(ValueError, match=f"at most {MOST_VARIANTS}"):
        variants({"dwell": [f"{n}s" for n in range(15)], "min_score": [str(n / 20) for n in range(15)]})


LABELLED = (label(), label(left_s=30.0))
BOTH, FIRST, NONE = (found("hit", 0), found("hit", 1)), (found("hit", 0),), ()


@pytest.mark.parametrize(
    ("candidate", "in_force", "better"),
    [
        (BOTH, FIRST, True),
        (FIRST, (*FIRST, found("false")), True),
        (FIRST, FIRST, False),
        (FIRST, BOTH, False),
        ((*BOTH, found("false")), FIRST, False),
        (NONE, (*FIRST, found("false")), False),
    ],
    ids=["finds more", "less that is false", "the same", "finds less", "more, but falsely too", "silent"],
)
def test_candidate_is_better_when_nothing_is_worse_and_something_better(
    candidate: tuple[Found, ...], in_force: tuple[Found, ...], better: bool
) -> None:
    assert trial([run("a", LABELLED, candidate)], [run("a", LABELLED, in_force)]).better is better


def test_what_a_candidate_gains_for_hard_labels_must_not_hide_what_it_loses() -> None:
    labels = (label(), label(hard=True, left_s=30.0))
    done = trial(
        [run("a", labels, (found("hard", 1),)), run("b", labels, BOTH)],
        [run("a", labels, (found("hit", 0),)), run("b", labels, ())],
    )
    assert (done.gained, done.lost, done.hits, done.hits_in_force) == (3, 1, 1, 1)
    assert done.better
    assert done.chance == pytest.approx(0.625)  # 2 · (C(4,0) + C(4,1)) / 2^4


def test_candidate_that_a_scene_could_not_be_replayed_with_is_not_better() -> None:
    broken = SceneRun(run("b").scene, None, error="no such file")
    done = trial([run("a", LABELLED, BOTH), broken], [run("a", LABELLED, FIRST), run("b")])
    assert done.not_replayed == 1
    assert not done.better


def test_models_must_be_tried_on_the_same_scenes() -> None:
    with pytest.raises(ValueError, match="same scenes"):
        trial([run("a")], [run("b")])
