/** A rule's settings as a form, made of the JSON Schema of the very model that checks the file. */

import { useId, useMemo, useState, type ReactNode } from "react";
import type { RuleSchema, SchemaProperty, Words, ZoneRule } from "../api/types";
import { Icon } from "../design/icons";
import { Button, FieldError } from "../design/ui";
import { useSpeech } from "../i18n";
import { inUnit, seconds, unitOf, written, type Unit } from "./durations";
import { ScheduleField } from "./ScheduleField";

const FIRST = ["dwell", "schedule", "min_area", "max_area", "min_score", "review"];

type Kind = "duration" | "share" | "number" | "flag" | "choice" | "schedule" | "text";

export function kindOf(name: string, property: SchemaProperty): Kind {
  if (name === "schedule") return "schedule";
  if (property.enum) return "choice";
  if (property.type === "boolean") return "flag";
  if (property.anyOf?.some((one) => one.type === "string" && one.pattern)) return "duration";
  if (property.type === "number" || property.type === "integer") return property.maximum === 1 ? "share" : "number";
  return "text";
}

function Duration({ id, label, value, invalid, disabled, onChange }: { id: string; label: string; value: unknown; invalid: boolean; disabled: boolean; onChange: (value: unknown) => void }) {
  const { t } = useSpeech();
  const known = seconds(value);
  const [unit, setUnit] = useState<Unit>(() => unitOf(known ?? 0));
  const [text, setText] = useState<string | null>(null);
  const shown = text ?? (known === null ? String(value ?? "") : String(inUnit(known, unit)));
  return (
    <span className="duo">
      <input
        id={id}
        className="i"
        inputMode="decimal"
        aria-invalid={invalid || undefined}
        disabled={disabled}
        value={shown}
        onChange={(event) => {
          const typed = event.target.value.trim();
          setText(event.target.value);
          if (/^\d+(\.\d+)?$/.test(typed)) onChange(written(Number(typed), unit));
          else onChange(typed);
        }}
        onBlur={() => setText(null)}
      />
      <select
        className="i"
        aria-label={t("form.unit", { field: label })}
        disabled={disabled}
        value={unit}
        onChange={(event) => {
          const next = event.target.value as Unit;
          const number = known === null ? null : inUnit(known, unit);
          setUnit(next);
          setText(null);
          if (number !== null) onChange(written(number, next));
        }}
      >
        {(["s", "m", "h", "d"] as const).map((one) => <option key={one} value={one}>{t(`form.unit.${one}`)}</option>)}
      </select>
    </span>
  );
}

function NumberInput({ id, value, scale, suffix, invalid, disabled, onChange }: { id: string; value: unknown; scale: number; suffix?: string; invalid: boolean; disabled: boolean; onChange: (value: unknown) => void }) {
  const [text, setText] = useState<string | null>(null);
  const shown = text ?? (typeof value === "number" ? String(Math.round(value * scale * 1e6) / 1e6) : String(value ?? ""));
  return (
    <span className="duo">
      <input
        id={id}
        className="i"
        inputMode="decimal"
        aria-invalid={invalid || undefined}
        disabled={disabled}
        value={shown}
        onChange={(event) => {
          setText(event.target.value);
          const number = Number(event.target.value);
          onChange(event.target.value.trim() !== "" && Number.isFinite(number) ? Math.round((number / scale) * 1e8) / 1e8 : event.target.value);
        }}
        onBlur={() => setText(null)}
      />
      {suffix && <span className="unit muted">{suffix}</span>}
    </span>
  );
}

export function RuleForm({ rule, schema, errors, readOnly, onChange, onRemove }: {
  rule: ZoneRule; schema: RuleSchema | undefined; errors: Record<string, Words>; readOnly: boolean;
  onChange: (rule: ZoneRule, setting: string) => void; onRemove: () => void;
}) {
  const speech = useSpeech();
  const { t, named, words } = speech;
  const base = useId();
  const properties = useMemo(() => Object.entries(schema?.schema.properties ?? {}).filter(([name]) => name !== "rule"), [schema]);
  const first = FIRST.map((name) => properties.find(([one]) => one === name)).filter((one) => one !== undefined);
  const rest = properties.filter(([name]) => !FIRST.includes(name));
  const restWrong = rest.some(([name]) => name in errors);
  const [open, setOpen] = useState(false);
  const set = (name: string, value: unknown) => onChange({ ...rule, [name]: value }, name);

  const field = ([name, property]: [string, SchemaProperty]): ReactNode => {
    const id = `${base}${name}`;
    const label = named("setting", name);
    const fallback = schema?.defaults[name] ?? property.default;
    const value = rule[name] ?? fallback;
    const kind = kindOf(name, property);
    const error = errors[name];
    const invalid = error !== undefined;
    const helpKey = named("help", name);
    const help = helpKey === name.replaceAll("_", " ") ? (property.description ?? "") : helpKey;
    const same = kind === "duration" ? seconds(value) === seconds(fallback) : JSON.stringify(value) === JSON.stringify(fallback);
    const shownDefault = kind === "share" ? speech.percent(Number(fallback), 4) : kind === "choice" ? named("option", String(fallback)) : kind === "flag" ? t(fallback ? "form.yes" : "form.no") : kind === "schedule" ? t("schedule.always") : String(fallback);
    const reset = !same && fallback !== undefined && !readOnly && (
      <Button small tone="quiet" icon="undo" label={t("form.reset", { value: shownDefault })} onClick={() => set(name, fallback)} />
    );
    if (kind === "schedule") {
      return (
        <div key={name} className="setting wide">
          <span className="label">{label}</span>{reset}
          <ScheduleField value={(value as string[]) ?? []} disabled={readOnly} onChange={(next) => set(name, next)} />
          {error && <FieldError>{words(error)}</FieldError>}
        </div>
      );
    }
    return (
      <div key={name} className={`setting ${kind}`}>
        <label className="label" htmlFor={id} title={help}>{label}</label>
        {kind === "duration" && <Duration id={id} label={label} value={value} invalid={invalid} disabled={readOnly} onChange={(next) => set(name, next)} />}
        {kind === "share" && <NumberInput id={id} value={value} scale={100} suffix="%" invalid={invalid} disabled={readOnly} onChange={(next) => set(name, next)} />}
        {kind === "number" && <NumberInput id={id} value={value} scale={1} invalid={invalid} disabled={readOnly} onChange={(next) => set(name, next)} />}
        {kind === "flag" && <span className="duo"><input id={id} type="checkbox" checked={Boolean(value)} disabled={readOnly} onChange={(event) => set(name, event.target.checked)} /></span>}
        {kind === "choice" && (
          <select id={id} className="i" value={String(value)} disabled={readOnly} aria-invalid={invalid || undefined} onChange={(event) => set(name, event.target.value)}>
            {(property.enum ?? []).map((one) => <option key={String(one)} value={String(one)}>{named("option", String(one))}</option>)}
          </select>
        )}
        {kind === "text" && <input id={id} className="i" value={String(value ?? "")} disabled={readOnly} onChange={(event) => set(name, event.target.value)} />}
        {reset}
        {error ? <FieldError>{words(error)}</FieldError> : <p className="hint">{help}</p>}
      </div>
    );
  };

  return (
    <section className="rule" aria-label={schema ? words(schema.title) : rule.rule}>
      <header className="row">
        <strong className="grow">{named("category", rule.rule)}</strong>
        {!readOnly && <Button small tone="quiet" icon="trash" label={t("zones.removeRule")} onClick={onRemove} />}
      </header>
      {errors[""] && <FieldError>{words(errors[""])}</FieldError>}
      <div className="settings">{first.map(field)}</div>
      {rest.length > 0 && (
        <>
          <button type="button" className="b quiet s more" aria-expanded={open || restWrong} onClick={() => setOpen(!open)}>
            <Icon name={open || restWrong ? "down" : "next"} size={14} />{t("form.advanced")}
          </button>
          {(open || restWrong) && <div className="settings">{rest.map(field)}</div>}
        </>
      )}
    </section>
  );
}
