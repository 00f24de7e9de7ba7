/** The still with the zones on it: drawn, bent, moved and split by mouse, touch or keys. */

import Konva from "konva";
import { useEffect, useRef, useState } from "react";
import { Circle, Group, Image as KonvaImage, Label, Layer, Line, Rect, Stage, Tag, Text } from "react-konva";
import type { Box, Fixture, Point, Zone } from "../api/types";
import { useSize } from "../design/ui";
import { useSpeech } from "../i18n";
import { boxOfArea, movePolygon, nearAndFar, nearestEdge, point, snapped } from "./geometry";

export type Tool = "edit" | "draw" | "mask" | "split" | "fixture";

export interface SizeBoxes {
  smallest: number;
  largest: number;
}

const COLOURS = ["#ffb938", "#59c9f0", "#e58bff", "#9fdc5c", "#ff8f70", "#7fe0c2"];
const SNAP = 0.012;
const CLOSE_PX = 12;
/** Beside a vertex that stands at the box's corner and is selected. */
const SMALLEST_ASIDE = 18;
const MASK = "#c3ced2";
const BAD = "#ff5a4d";

export function zoneColour(at: number): string {
  return COLOURS[at % COLOURS.length] ?? "#ffb938";
}

function boxOf(fixture: Fixture): Box | null {
  const at = fixture.at as unknown[];
  if (at.length === 4 && at.every((one) => typeof one === "number")) return at as unknown as Box;
  if (at.length === 2 && at.every((one) => typeof one === "number")) {
    const [x, y] = at as unknown as Point;
    return [x - 0.006, y - 0.008, x + 0.006, y + 0.008];
  }
  const points = at as unknown as Point[];
  if (!points.length || !Array.isArray(points[0])) return null;
  return [Math.min(...points.map((p) => p[0])), Math.min(...points.map((p) => p[1])), Math.max(...points.map((p) => p[0])), Math.max(...points.map((p) => p[1]))];
}

export function Canvas(props: {
  picture: string; zones: Zone[]; masks: Point[][]; selected: number | null; mask: number | null; vertex: number | null; tool: Tool; bad: number[]; badMasks: number[];
  snap: boolean; sizes: SizeBoxes | null; readOnly: boolean; drawn: Point[]; stroke: Point[]; ghosts: { box: Box; tone: "gained" | "lost" }[];
  onDrawn: (points: Point[]) => void; onClose: () => void; onStroke: (points: Point[]) => void; onFixture: (box: Box) => void;
  onSelect: (zone: number | null) => void; onSelectMask: (mask: number) => void; onVertex: (vertex: number) => void;
  onMoveVertex: (vertex: number, to: Point) => void; onInsert: (after: number, at: Point) => void; onMoveShape: (polygon: Point[]) => void; onEnd: () => void;
}) {
  const { zones, selected, vertex, tool, readOnly } = props;
  const { t } = useSpeech();
  const [ref, room] = useSize<HTMLDivElement>();
  const [picture, setPicture] = useState<HTMLImageElement | null>(null);
  const [aspect, setAspect] = useState(16 / 9);
  const [at, setAt] = useState<Point | null>(null);
  const [drag, setDrag] = useState<Point | null>(null);
  const held = useRef<{ polygon: Point[]; from: Point } | null>(null);

  useEffect(() => {
    const image = new Image();
    image.onload = () => {
      setPicture(image);
      setAspect(image.naturalWidth / image.naturalHeight || 16 / 9);
    };
    image.onerror = () => setPicture(null);
    image.src = props.picture;
    return () => {
      image.onload = null;
    };
  }, [props.picture]);

  const width = Math.max(0, Math.min(room.width, room.height * aspect));
  const height = width / aspect;
  const px = (p: Point): [number, number] => [p[0] * width, p[1] * height];
  const flat = (polygon: Point[]) => polygon.flatMap(px);
  const pointer = (event: Konva.KonvaEventObject<Event>): Point | null => {
    const found = event.target.getStage()?.getPointerPosition();
    return found ? point(found.x / width, found.y / height) : null;
  };
  const shape = props.mask !== null ? props.masks[props.mask] : selected === null ? undefined : zones[selected]?.polygon;
  const all = [...zones.map((one) => one.polygon), ...props.masks];
  const fit = (p: Point, without?: Point[]) => (props.snap ? snapped(p, all.filter((one) => one !== without), aspect, SNAP) : p);
  const zone = selected === null ? undefined : zones[selected];
  const editing = tool === "edit" && !readOnly;

  const down = (event: Konva.KonvaEventObject<MouseEvent | TouchEvent>) => {
    const p = pointer(event);
    if (!p) return;
    if (tool === "draw" || tool === "mask") {
      const first = props.drawn[0];
      if (first && props.drawn.length >= 3 && Math.hypot((first[0] - p[0]) * width, (first[1] - p[1]) * height) < CLOSE_PX) props.onClose();
      else props.onDrawn([...props.drawn, fit(p)]);
    } else if (tool === "split") props.onStroke([...props.stroke, p]);
    else if (tool === "fixture") setDrag(p);
    else if (event.target === event.target.getStage() || event.target.name() === "picture") props.onSelect(null);
  };
  const up = () => {
    if (tool === "fixture" && drag && at) {
      const box: Box = [Math.min(drag[0], at[0]), Math.min(drag[1], at[1]), Math.max(drag[0], at[0]), Math.max(drag[1], at[1])];
      if ((box[2] - box[0]) * width > 4 && (box[3] - box[1]) * height > 4) props.onFixture(box);
    }
    setDrag(null);
  };

  /** What a zone and a mask have in common: a click selects, a double click on an edge adds a vertex, a drag moves. */
  const handle = (polygon: Point[], chosen: boolean, choose: () => void) => ({
    points: flat(polygon),
    closed: true,
    hitStrokeWidth: 10,
    listening: tool === "edit",
    draggable: editing && chosen,
    onMouseDown: (event: Konva.KonvaEventObject<MouseEvent>) => { if (!chosen) { event.cancelBubble = true; choose(); } },
    onTap: choose,
    onDblClick: (event: Konva.KonvaEventObject<MouseEvent>) => {
      const p = pointer(event);
      if (!editing || !chosen || !p) return;
      const found = nearestEdge(polygon, p, aspect);
      props.onInsert(found.edge, point(...found.at));
    },
    onDragStart: (event: Konva.KonvaEventObject<DragEvent>) => { const p = pointer(event); if (p) held.current = { polygon, from: p }; },
    onDragMove: (event: Konva.KonvaEventObject<DragEvent>) => {
      const p = pointer(event);
      event.target.position({ x: 0, y: 0 });
      if (held.current && p) props.onMoveShape(movePolygon(held.current.polygon, p[0] - held.current.from[0], p[1] - held.current.from[1]));
    },
    onDragEnd: (event: Konva.KonvaEventObject<DragEvent>) => { event.target.position({ x: 0, y: 0 }); held.current = null; props.onEnd(); },
  });

  return (
    <div className="zone-canvas" ref={ref}>
      {width > 0 && (
        <Stage
          width={width}
          height={height}
          style={{ cursor: tool === "edit" ? "default" : "crosshair" }}
          onMouseDown={down}
          onTouchStart={down}
          onMouseMove={(event) => setAt(pointer(event))}
          onTouchMove={(event) => setAt(pointer(event))}
          onMouseUp={up}
          onTouchEnd={up}
          onMouseLeave={() => setAt(null)}
        >
          <Layer>
            {picture ? <KonvaImage image={picture} width={width} height={height} name="picture" /> : <Rect width={width} height={height} fill="#182126" name="picture" />}
            {props.masks.map((mask, number) => {
              const chosen = number === props.mask;
              return (
                <Line
                  key={`k${number}`}
                  {...handle(mask, chosen, () => props.onSelectMask(number))}
                  fill={chosen ? "rgba(0,0,0,0.6)" : "rgba(0,0,0,0.86)"}
                  stroke={props.badMasks.includes(number) ? BAD : MASK}
                  strokeWidth={chosen ? 2.5 : 1}
                />
              );
            })}
            {zones.map((one, number) => {
              const chosen = number === selected;
              const colour = props.bad.includes(number) ? BAD : zoneColour(number);
              const middle: Point = [one.polygon.reduce((sum, p) => sum + p[0], 0) / one.polygon.length, one.polygon.reduce((sum, p) => sum + p[1], 0) / one.polygon.length];
              return (
                <Group key={`${number}`} opacity={chosen || selected === null ? 1 : 0.72}>
                  <Line
                    {...handle(one.polygon, chosen, () => props.onSelect(number))}
                    fill={`${colour}${chosen ? "33" : "1c"}`}
                    stroke={colour}
                    strokeWidth={chosen ? 2.5 : 1.8}
                    dash={one.rules.length ? undefined : [6, 5]}
                  />
                  <Label x={px(middle)[0] - 16} y={px(middle)[1] - 10} listening={false}>
                    <Tag fill="rgba(5,12,15,0.82)" cornerRadius={3} />
                    <Text text={one.id} fontSize={12.5} padding={3.5} fill={colour} fontFamily="system-ui, 'Noto Sans CJK SC', sans-serif" fontStyle={chosen ? "bold" : "normal"} />
                  </Label>
                  {(one.fixtures ?? []).map((fixture, key) => {
                    const box = boxOf(fixture);
                    return box && <Rect key={key} x={box[0] * width} y={box[1] * height} width={(box[2] - box[0]) * width} height={(box[3] - box[1]) * height} stroke="#e9f0f1" strokeWidth={1.5} dash={[3, 3]} fill="rgba(233,240,241,0.14)" listening={false} />;
                  })}
                </Group>
              );
            })}
            {props.ghosts.map(({ box, tone }, number) => (
              <Rect key={number} x={box[0] * width} y={box[1] * height} width={(box[2] - box[0]) * width} height={(box[3] - box[1]) * height} stroke={tone === "gained" ? "#7de3a6" : "#ff8d80"} strokeWidth={2} listening={false} />
            ))}
          </Layer>
          {props.sizes && zone && (
            <Layer listening={false}>
              {Object.entries(nearAndFar(zone.polygon)).flatMap(([where, foot]) =>
                (["largest", "smallest"] as const).map((which) => {
                  const box = boxOfArea(props.sizes?.[which] ?? 0, foot, aspect);
                  return (
                    <Group key={where + which}>
                      <Rect x={box[0] * width} y={box[1] * height} width={(box[2] - box[0]) * width} height={(box[3] - box[1]) * height} stroke="#ffffff" strokeWidth={3} opacity={0.35} />
                      <Rect x={box[0] * width} y={box[1] * height} width={(box[2] - box[0]) * width} height={(box[3] - box[1]) * height} stroke={which === "smallest" ? "#1d7ee0" : "#c2410c"} strokeWidth={1.6} dash={[5, 4]} />
                      <Label x={Math.min(box[2] * width + (which === "smallest" ? SMALLEST_ASIDE : 3), width - 70)} y={(which === "smallest" ? box[3] * height - 16 : box[1] * height)}>
                        <Tag fill={which === "smallest" ? "#1d5fae" : "#9a3409"} cornerRadius={2} />
                        <Text text={`${t(where === "near" ? "zones.near" : "zones.far")} ${t(which === "smallest" ? "zones.smallest" : "zones.largest")}`} fontSize={11} padding={2.5} fill="#fff" fontFamily="system-ui, 'Noto Sans CJK SC', sans-serif" />
                      </Label>
                    </Group>
                  );
                }),
              )}
            </Layer>
          )}
          <Layer>
            {editing && shape?.map((p, number) => {
              const q = shape[(number + 1) % shape.length] ?? p;
              const [x, y] = px([(p[0] + q[0]) / 2, (p[1] + q[1]) / 2]);
              return <Circle key={`m${number}`} x={x} y={y} radius={4} fill="#0b1215" stroke="#fff" strokeWidth={1.2} opacity={0.75} hitStrokeWidth={12} onMouseDown={(event) => { event.cancelBubble = true; props.onInsert(number, [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2]); }} onTap={() => props.onInsert(number, [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2])} />;
            })}
            {editing && shape?.map((p, number) => {
              const [x, y] = px(p);
              const chosen = number === vertex;
              return (
                <Circle
                  key={`v${number}`}
                  x={x}
                  y={y}
                  radius={chosen ? 8 : 6}
                  fill={chosen ? "#fff" : props.mask !== null ? MASK : zoneColour(selected ?? 0)}
                  stroke={chosen ? "#0b6fd6" : "#0b1215"}
                  strokeWidth={chosen ? 3 : 1.5}
                  hitStrokeWidth={14}
                  draggable
                  onMouseDown={(event) => { event.cancelBubble = true; props.onVertex(number); }}
                  onTap={() => props.onVertex(number)}
                  onDragMove={(event) => {
                    const raw = pointer(event);
                    const p2 = raw && fit(raw, shape);
                    if (!p2) return;
                    event.target.position({ x: p2[0] * width, y: p2[1] * height });
                    props.onMoveVertex(number, p2);
                  }}
                  onDragEnd={props.onEnd}
                />
              );
            })}
            {(tool === "draw" || tool === "mask") && props.drawn.length > 0 && (
              <>
                <Line points={flat(at ? [...props.drawn, fit(at)] : props.drawn)} stroke="#0b1215" strokeWidth={4} opacity={0.5} listening={false} />
                <Line points={flat(at ? [...props.drawn, fit(at)] : props.drawn)} stroke="#ffffff" strokeWidth={2} dash={[7, 4]} listening={false} />
                {props.drawn.map((p, number) => <Circle key={number} x={px(p)[0]} y={px(p)[1]} radius={number === 0 ? 8 : 5} fill={number === 0 ? "#7de3a6" : "#fff"} stroke="#0b1215" strokeWidth={1.5} listening={false} />)}
              </>
            )}
            {tool === "split" && props.stroke[0] && at && <Line points={flat([props.stroke[0], at])} stroke="#ff5a4d" strokeWidth={2.5} dash={[8, 4]} listening={false} />}
            {tool === "fixture" && drag && at && <Rect x={Math.min(drag[0], at[0]) * width} y={Math.min(drag[1], at[1]) * height} width={Math.abs(drag[0] - at[0]) * width} height={Math.abs(drag[1] - at[1]) * height} stroke="#fff" strokeWidth={2} dash={[4, 3]} />}
          </Layer>
        </Stage>
      )}
    </div>
  );
}
