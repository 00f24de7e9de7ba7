"""Surfaces: paint, film, cloth, card, concrete. Colours are linear RGB 0..1. Runs inside Blender."""

from __future__ import annotations

import bpy

Colour = tuple[float, float, float]

BLACK: Colour = (0.007, 0.007, 0.008)
WHITE: Colour = (0.72, 0.72, 0.70)
YELLOW: Colour = (0.75, 0.42, 0.02)
RED: Colour = (0.50, 0.02, 0.02)
BLUE: Colour = (0.02, 0.10, 0.36)
GREEN: Colour = (0.02, 0.20, 0.08)
ORANGE: Colour = (0.80, 0.16, 0.02)
STEEL: Colour = (0.42, 0.43, 0.44)
CARD: Colour = (0.36, 0.22, 0.11)


def surface(
    colour: Colour, rough: float = 0.5, metal: float = 0.0, dirt: float = 0.25, bump: float = 0.0, grain: float = 8.0,
    stretch: float = 0.0, through: float = 0.0,
) -> bpy.types.Material:  # fmt: skip
    """A material that is nowhere quite the same.

    Args:
        colour: base colour.
        rough: 0 mirror, 1 chalk.
        metal: 0 or 1.
        dirt: share by which noise darkens the colour in patches.
        bump: strength of the relief, 0..1.
        grain: fineness of relief and dirt, per metre.
        stretch: distortion of the relief: 0 grainy, above 1 creased.
        through: share of light that passes through (thin film, cloth).
    """
    material = bpy.data.materials.new("surface")
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    base = nodes["Principled BSDF"]
    base.inputs["Roughness"].default_value = rough
    base.inputs["Metallic"].default_value = metal
    where = nodes.new("ShaderNodeTexCoord")

    patches = nodes.new("ShaderNodeTexNoise")
    patches.inputs["Scale"].default_value = grain * 0.45
    patches.inputs["Detail"].default_value = 8.0
    links.new(where.outputs["Object"], patches.inputs["Vector"])
    ramp = nodes.new("ShaderNodeValToRGB")
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.35, 0.65
    ramp.color_ramp.elements[0].color = (*(c * (1 - dirt) + 0.02 * dirt for c in colour), 1)
    ramp.color_ramp.elements[1].color = (*colour, 1)
    links.new(patches.outputs["Fac"], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], base.inputs["Base Color"])

    if bump > 0:
        relief = nodes.new("ShaderNodeTexNoise")
        relief.inputs["Scale"].default_value = grain
        relief.inputs["Detail"].default_value = 5.0
        relief.inputs["Distortion"].default_value = stretch
        links.new(where.outputs["Object"], relief.inputs["Vector"])
        lift = nodes.new("ShaderNodeBump")
        lift.inputs["Strength"].default_value = bump
        lift.inputs["Distance"].default_value = 0.25 / grain
        links.new(relief.outputs["Fac"], lift.inputs["Height"])
        links.new(lift.outputs["Normal"], base.inputs["Normal"])
    if through > 0:
        shine = nodes.new("ShaderNodeBsdfTranslucent")
        links.new(ramp.outputs["Color"], shine.inputs["Color"])
        mix = nodes.new("ShaderNodeMixShader")
        mix.inputs["Fac"].default_value = through
        links.new(base.outputs["BSDF"], mix.inputs[1])
        links.new(shine.outputs["BSDF"], mix.inputs[2])
        links.new(mix.outputs["Shader"], nodes["Material Output"].inputs["Surface"])
    return material


def film(colour: Colour, thin: bool = False) -> bpy.types.Material:
    """Plastic film of a bag: creased and glossy; `thin` lets light through."""
    if thin:
        return surface(colour, rough=0.36, dirt=0.3, bump=0.5, grain=11.0, stretch=2.6, through=0.35)
    return surface(colour, rough=0.30, dirt=0.12, bump=0.75, grain=16.0, stretch=2.2)


def paint(colour: Colour, worn: float = 0.3) -> bpy.types.Material:
    """Paint on metal, out in the weather."""
    return surface(colour, rough=0.42, dirt=worn * 0.7, bump=0.05, grain=9.0)


def metal(colour: Colour = STEEL) -> bpy.types.Material:
    """Bare or galvanised metal."""
    return surface(colour, rough=0.38, metal=1.0, dirt=0.3, grain=20.0)


def rubber() -> bpy.types.Material:
    """Tyres and feet."""
    return surface((0.02, 0.02, 0.02), rough=0.8, dirt=0.2, grain=20.0)


def cloth(colour: Colour, through: float = 0.15) -> bpy.types.Material:
    """Woven cloth or tarpaulin."""
    return surface(colour, rough=0.85, dirt=0.18, bump=0.25, grain=10.0, stretch=0.8, through=through)


def card() -> bpy.types.Material:
    """Corrugated cardboard."""
    return surface(CARD, rough=0.9, dirt=0.22, bump=0.12, grain=9.0, stretch=0.4)


def stone(colour: Colour) -> bpy.types.Material:
    """Concrete, brick, plaster."""
    return surface(colour, rough=0.95, dirt=0.45, bump=0.8, grain=22.0)
