"""Who stands here is told by his clothes."""

from __future__ import annotations

import numpy as np

from vision.scene.body_look import body_look, dressed_alike

BOX = (0.4, 0.2, 0.6, 0.8)


def picture(chest: tuple[int, int, int], legs: tuple[int, int, int], light: float = 1.0) -> np.ndarray:
    image = np.full((100, 100, 3), 120, np.uint8)
    image[20:50, 40:60], image[50:80, 40:60] = chest, legs
    noisy = image * light + np.random.default_rng(3).normal(0, 10, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


RED = body_look(picture((30, 30, 190), (60, 50, 40)), BOX)


def test_the_same_clothes_are_known_again_in_noise_and_a_little_less_light() -> None:
    assert dressed_alike(RED, body_look(picture((30, 30, 190), (60, 50, 40), 0.9), BOX))


def test_other_clothes_are_somebody_else() -> None:
    assert not dressed_alike(RED, body_look(picture((190, 40, 30), (60, 50, 40)), BOX))
    assert not dressed_alike(RED, body_look(picture((30, 30, 190), (190, 190, 180)), BOX))


def test_a_body_outside_the_picture_has_no_look_and_may_be_anybody() -> None:
    assert body_look(picture((0, 0, 0), (0, 0, 0)), (0.5, 1.01, 0.6, 1.2)) is None
    assert dressed_alike(RED, None)
