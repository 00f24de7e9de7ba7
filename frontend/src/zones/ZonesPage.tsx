/** Zones: draw, set the rules, try it on what was recorded, save as a version. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useReducer, useState } from "react";
import { Link, useLocation } from "wouter";
import { api } from "../api/client";
import type { Box, CameraSummary, CameraZones, ConfigSchema, Point } from "../api/types";
import { Still } from "../cameras/Still";
import { Icon } from "../design/icons";
import { Button, Dialog, explain, Failed, Loading, useKept, useToast } from "../design/ui";
import { useSpeech } from "../i18n";
import { useMay } from "../shell/me";
import { Canvas, type SizeBoxes, type Tool } from "./Canvas";
import { errorsOf, masksWithErrors } from "./differences";
import { changed, edit, NOTHING, savedDrawing } from "./editor";
import { area, crossesItself, split } from "./geometry";
import { SaveDialog } from "./SaveDialog";
import { TryPanel } from "./TryPanel";
import { useEditorKeys } from "./useEditorKeys";
import { UNCHECKED, useServerCheck } from "./useServerCheck";
import { VersionsPanel } from "./VersionsPanel";
import { ZonePanel } from "./ZonePanel";

const TABS = ["zone", "try", "versions"] as const;
type Tab = (typeof TABS)[number];

function Choose() {
  const { t } = useSpeech();
  const cameras = useQuery({ queryKey: ["cameras"], queryFn: ({ signal }) => api.get<CameraSummary[]>("/cameras", undefined, signal) });
  const [, navigate] = useLocation();
  const only = cameras.data?.[0];
  useEffect(() => {
    if (cameras.data?.length === 1 && only) navigate(`/zones/${encodeURIComponent(only.id)}`, { replace: true });
  }, [cameras.data, only, navigate]);
  if (cameras.error) return <Failed error={cameras.error} retry={() => void cameras.refetch()} />;
  if (!cameras.data) return <Loading />;
  return (
    <div className="page">
      <div className="page-head"><h1>{t("zones.title")}</h1><span className="muted">{t("zones.pickHint")}</span></div>
      <ul className="wall">
        {cameras.data.map((camera) => (
          <li key={camera.id} className="cam">
            <Link href={`/zones/${encodeURIComponent(camera.id)}`}>
              <Still camera={camera} zones turn={0} />
              <span className="about"><strong className="cut">{camera.name ?? camera.id}</strong><span className="small muted">{t("zones.list")} {camera.zones.length}</span></span>
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}

export default function ZonesPage({ id }: { id: string | null }) {
  return id === null ? <Choose /> : <Editor id={id} />;
}

/** For whoever may not tune it shows what there is, and changes nothing. */
function Editor({ id }: { id: string }) {
  const readOnly = !useMay("tuner");
  const speech = useSpeech();
  const { t, words } = speech;
  const toast = useToast();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const path = `/cameras/${encodeURIComponent(id)}`;
  const cameras = useQuery({ queryKey: ["cameras"], queryFn: ({ signal }) => api.get<CameraSummary[]>("/cameras", undefined, signal) });
  const stored = useQuery({ queryKey: ["zones", id], queryFn: ({ signal }) => api.get<CameraZones>(`${path}/zones`, undefined, signal), staleTime: Infinity, refetchOnWindowFocus: false });
  const schema = useQuery({ queryKey: ["schema"], queryFn: ({ signal }) => api.get<ConfigSchema>("/config/schema", undefined, signal), staleTime: Infinity });
  const [editor, send] = useReducer(edit, NOTHING);
  const [version, setVersion] = useState<string | number | null>(null);
  const [tool, setTool] = useState<Tool>("edit");
  const [drawn, setDrawn] = useState<Point[]>([]);
  const [stroke, setStroke] = useState<Point[]>([]);
  const [snap, setSnap] = useKept("snap", true);
  const [sizes, setSizes] = useKept("sizes", true);
  const [tab, setTab] = useState<Tab>("zone");
  const [rule, setRule] = useState(0);
  const [saving, setSaving] = useState(false);
  const [conflict, setConflict] = useState<string | number | null>(null);
  const [discard, setDiscard] = useState(false);
  const [ghosts, setGhosts] = useState<{ box: Box; tone: "gained" | "lost" }[]>([]);
  const dirty = changed(editor);
  const [checked, setChecked] = useServerCheck(path, editor, dirty);
  const zone = editor.selected === null ? undefined : editor.zones[editor.selected];

  useEffect(() => {
    if (!stored.data || stored.data.version === version) return;
    send({ type: "loaded", zones: stored.data.zones, masks: stored.data.masks });
    setVersion(stored.data.version);
    setChecked(UNCHECKED);
    setConflict(null);
    // Only what comes from the server; an edit must not load it anew.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [stored.data]);

  useEffect(() => setRule(0), [editor.selected]);

  useEffect(() => {
    if (!dirty) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [dirty]);

  const bad = useMemo(
    () => editor.zones.map((_, number) => number).filter((number) => Object.keys(errorsOf(checked.fields, number)).length > 0 || crossesItself(editor.zones[number]?.polygon ?? [])),
    [editor.zones, checked.fields],
  );
  const badMasks = useMemo(() => {
    const told = masksWithErrors(checked.fields);
    return editor.masks.map((_, number) => number).filter((number) => told.has(number) || crossesItself(editor.masks[number] ?? []));
  }, [editor.masks, checked.fields]);
  const close = useCallback(() => {
    if (drawn.length >= 3) {
      send({ type: tool === "mask" ? "addMask" : "add", polygon: drawn });
      setTab("zone");
      setDrawn([]);
      setTool("edit");
    }
  }, [drawn, tool]);
  const take = (next: Tool) => {
    setDrawn([]);
    setStroke([]);
    setTool((now) => (now === next ? "edit" : next));
  };
  const stroked = (points: Point[]) => {
    const [a, b] = points;
    if (!a || !b) return setStroke(points);
    if (zone && split(zone.polygon, a, b)) send({ type: "split", a, b });
    else toast({ text: t("zones.splitFailed"), tone: "bad" });
    setStroke([]);
    setTool("edit");
  };

  useEditorKeys({
    readOnly, editor, send, tool, take, closeDrawn: close,
    escape: () => {
      setDrawn([]);
      setStroke([]);
      if (tool !== "edit") setTool("edit");
      else send({ type: "vertex", vertex: null });
    },
    dropLastDrawn: () => setDrawn(drawn.slice(0, -1)),
    save: () => { if (dirty) setSaving(true); },
  });

  const reload = () => {
    setVersion(null);
    void client.invalidateQueries({ queryKey: ["zones", id] });
    void client.invalidateQueries({ queryKey: ["versions", id] });
    void client.invalidateQueries({ queryKey: ["cameras"] });
  };
  const sizeBoxes: SizeBoxes | null = useMemo(() => {
    const one = zone?.rules[rule];
    if (!sizes || !one) return null;
    const defaults = schema.data?.rules[one.rule]?.defaults;
    const value = (name: string) => Number(one[name] ?? defaults?.[name] ?? 0);
    const whole = one.size_of === "zone" ? area(zone.polygon) : 1;
    return { smallest: value("min_area") * whole, largest: value("max_area") * whole };
  }, [zone, rule, sizes, schema.data]);

  if (stored.error) return <Failed error={stored.error} retry={() => void stored.refetch()} />;
  if (!stored.data || !schema.data) return <Loading />;
  const tabs: readonly Tab[] = readOnly ? TABS.filter((one) => one !== "try") : TABS;
  const wrong = Object.keys(checked.fields).length;
  const hint = tool === "draw" || tool === "mask" ? t("zones.drawing") : tool === "split" ? t("zones.splitting") : tool === "fixture" ? t("zones.fixtureDrawing") : t("zones.editing");
  return (
    <div className="zones-page">
      <header className="zone-tools">
        <h1 className="sr">{t("zones.title")}</h1>
        <select className="i camera-choice" aria-label={t("zones.pick")} value={id} onChange={(event) => navigate(`/zones/${encodeURIComponent(event.target.value)}`)} disabled={dirty}>
          {(cameras.data ?? [{ id, name: id }]).map((one) => <option key={one.id} value={one.id}>{one.name ?? one.id}</option>)}
        </select>
        {!readOnly && <span className="group" role="toolbar" aria-label={t("zones.title")}>
          <Button icon="plus" aria-pressed={tool === "draw"} onClick={() => take("draw")} title="N">{t("zones.draw")}</Button>
          <Button icon="mask" aria-pressed={tool === "mask"} onClick={() => take("mask")} title="M">{t("zones.drawMask")}</Button>
          <Button icon="split" aria-pressed={tool === "split"} disabled={!zone} onClick={() => take("split")} title="P">{t("zones.split")}</Button>
          <Button icon="copy" label={t("zones.duplicate")} keys="C" disabled={!zone} onClick={() => send({ type: "copy" })} />
          <Button icon="magnet" label={t("zones.snap")} aria-pressed={snap} onClick={() => setSnap(!snap)} />
          <Button icon="box" label={t("zones.sizes")} aria-pressed={sizes} onClick={() => setSizes(!sizes)} />
          <Button icon="undo" label={t("do.undo")} keys="Ctrl Z" disabled={!editor.past.length} onClick={() => send({ type: "undo" })} />
          <Button icon="redo" label={t("do.redo")} keys="Ctrl Y" disabled={!editor.future.length} onClick={() => send({ type: "redo" })} />
        </span>}
        <span className="grow" />
        <span className="check-state" role="status">
          {dirty && checked.state === "checking" && <span className="muted small">{t("zones.checking")}</span>}
          {dirty && checked.state === "valid" && <span className="tag good"><Icon name="check" size={13} />{t("zones.valid")}</span>}
          {dirty && wrong > 0 && <span className="tag bad"><Icon name="warning" size={13} />{t("zones.invalid", { n: wrong })}</span>}
        </span>
        {dirty && <Button tone="quiet" onClick={() => setDiscard(true)}>{t("zones.discard")}</Button>}
        {readOnly ? <span className="tag"><Icon name="eye" size={13} />{t("zones.readOnly")}</span> : <Button tone="primary" disabled={!dirty || wrong > 0} onClick={() => setSaving(true)}>{t("zones.save")}</Button>}
      </header>
      {conflict !== null && (
        <p className="strip attention" role="alert"><Icon name="warning" /><span className="grow">{t("zones.conflict", { version: conflict })}</span><Button small onClick={reload}>{t("zones.reload")}</Button></p>
      )}
      <div className="zone-body">
        <section className="zone-stage" tabIndex={0} role="application" aria-label={t("zones.canvas")}>
          <Canvas
            picture={`/api${path}/still.jpg`}
            zones={editor.zones}
            masks={editor.masks}
            selected={editor.selected}
            mask={editor.mask}
            vertex={editor.vertex}
            tool={tool}
            bad={bad}
            badMasks={badMasks}
            snap={snap}
            sizes={tab === "zone" ? sizeBoxes : null}
            readOnly={readOnly}
            drawn={drawn}
            stroke={stroke}
            ghosts={tab === "try" ? ghosts : []}
            onDrawn={setDrawn}
            onClose={close}
            onStroke={stroked}
            onFixture={(box) => {
              if (zone) send({ type: "fixtures", fixtures: [...(zone.fixtures ?? []), { at: box.map((one) => Math.round(one * 1e4) / 1e4) as unknown as Box, note: "" }] });
              setTool("edit");
            }}
            onSelect={(number) => send({ type: "select", zone: number })}
            onSelectMask={(number) => { send({ type: "selectMask", mask: number }); setTab("zone"); }}
            onVertex={(number) => send({ type: "vertex", vertex: number })}
            onMoveVertex={(number, to) => send({ type: "moveVertex", vertex: number, to, step: `drag${number}` })}
            onInsert={(after, at) => send({ type: "insert", after, at })}
            onMoveShape={(polygon) => send({ type: "moveShape", polygon, step: "move" })}
            onEnd={() => send({ type: "endStep" })}
          />
          {!readOnly && <p className="tool-hint small">{hint}</p>}
        </section>
        <aside className="zone-side">
          <div className="tabs" role="tablist">
            {tabs.map((one) => (
              <button key={one} type="button" role="tab" id={`tab-${one}`} aria-selected={tab === one} aria-controls="zone-panel" tabIndex={tab === one ? 0 : -1} onClick={() => setTab(one)}
                onKeyDown={(event) => {
                  const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? tabs.length - 1 : 0;
                  if (!by) return;
                  const next = tabs[(tabs.indexOf(one) + by) % tabs.length] ?? "zone";
                  setTab(next);
                  document.getElementById(`tab-${next}`)?.focus();
                }}>
                {t(`zones.tab.${one}`)}
              </button>
            ))}
          </div>
          <div className="zone-panel" role="tabpanel" id="zone-panel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
            {tab === "zone" && (
              <ZonePanel readOnly={readOnly} editor={editor} send={send} schema={schema.data} info={stored.data} fields={checked.fields} bad={bad} badMasks={badMasks} rule={rule} onRule={setRule} onFixtureTool={() => take("fixture")} fixtureTool={tool === "fixture"} onMaskTool={() => take("mask")} maskTool={tool === "mask"} />
            )}
            {!readOnly && (
              <div hidden={tab !== "try"}>
                <TryPanel camera={id} editor={editor} send={send} schema={schema.data} valid={wrong === 0} onGhosts={setGhosts} />
              </div>
            )}
            {tab === "versions" && <VersionsPanel camera={id} readOnly={readOnly} dirty={dirty} onRolledBack={(made) => { toast({ text: t("versions.rolledBack", { version: made }) }); reload(); }} />}
          </div>
        </aside>
      </div>
      {saving && (
        <SaveDialog
          camera={id}
          drawing={editor}
          before={savedDrawing(editor)}
          basedOn={version}
          onClose={() => setSaving(false)}
          onSaved={(made) => {
            setSaving(false);
            send({ type: "saved" });
            toast({ text: t("zones.saved", { version: made }) });
            reload();
          }}
          onConflict={(newer) => { setSaving(false); setConflict(newer); }}
          onFields={(fields) => { setSaving(false); setTab("zone"); setChecked({ state: "invalid", fields }); }}
          explainError={(error) => explain(error, speech)}
        />
      )}
      {discard && (
        <Dialog title={t("zones.discard")} onClose={() => setDiscard(false)} footer={<><Button onClick={() => setDiscard(false)}>{t("do.cancel")}</Button><Button tone="danger" onClick={() => { setDiscard(false); send({ type: "loaded", ...savedDrawing(editor) }); }}>{t("zones.discard")}</Button></>}>
          <p>{t("zones.discardAsk")}</p>
        </Dialog>
      )}
      <span className="sr" aria-live="polite">{editor.vertex !== null ? t("zones.vertex", { n: editor.vertex + 1 }) : ""}{checked.fields[""] ? words(checked.fields[""]) : ""}</span>
    </div>
  );
}
