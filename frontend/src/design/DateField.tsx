/** A day: typed as 2026-11-30, or chosen from a calendar in the console's language (a browser's own has the browser's). */

import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { useSpeech } from "../i18n";
import { addDays, addMonths, isDay, monthOf, weeksOf } from "../i18n/days";
import { Icon } from "./icons";
import { Button } from "./ui";

const HEIGHT = 300;
const WIDTH = 264;

export function DateField({ value, onChange, today, min, max, label, ...input }: {
  value: string; onChange: (day: string) => void; today: string; min?: string; max?: string; label?: string;
  id?: string; disabled?: boolean; required?: boolean; "aria-invalid"?: boolean; "aria-describedby"?: string;
}) {
  const { t } = useSpeech();
  const [text, setText] = useState(value);
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLSpanElement>(null);
  const pop = useRef<HTMLDivElement>(null);
  const popId = useId();
  useEffect(() => setText(value), [value]);
  const fits = (day: string) => (!min || day >= min) && (!max || day <= max);
  const type = (next: string) => {
    setText(next);
    if ((next === "" && !input.required) || (isDay(next) && fits(next))) onChange(next);
  };
  const place = () => {
    const at = box.current?.getBoundingClientRect();
    if (!at || !pop.current) return;
    pop.current.style.left = `${Math.max(8, Math.min(at.left, innerWidth - WIDTH - 8))}px`;
    pop.current.style.top = `${at.bottom + HEIGHT > innerHeight ? Math.max(8, at.top - HEIGHT - 4) : at.bottom + 4}px`;
  };
  const wrong = text !== "" && !(isDay(text) && fits(text));
  return (
    <span className="datefield" ref={box}>
      <input {...input} className="i" type="text" inputMode="numeric" autoComplete="off" placeholder={t("date.form")} maxLength={10} aria-label={label} title={label} aria-invalid={wrong || input["aria-invalid"] || undefined} value={text}
        onChange={(event) => type(event.target.value.trim())} onBlur={() => setText(value)} />
      <button type="button" className="b quiet s icon" disabled={input.disabled} popoverTarget={popId} aria-label={t("date.choose")} title={t("date.choose")}><Icon name="calendar" size={16} /></button>
      <div id={popId} ref={pop} className="calendar" popover="auto" role="dialog" aria-label={t("date.choose")} onBeforeToggle={place} onToggle={(event) => setOpen(event.newState === "open")} onKeyDown={(event) => event.key !== "Escape" && event.stopPropagation()}>
        {open && <Calendar value={isDay(value) ? value : today} chosen={value} today={today} fits={fits} onChoose={(day) => { onChange(day); pop.current?.hidePopover(); }} onClear={input.required ? null : () => { onChange(""); pop.current?.hidePopover(); }} />}
      </div>
    </span>
  );
}

function Calendar({ value, chosen, today, fits, onChoose, onClear }: {
  value: string; chosen: string; today: string; fits: (day: string) => boolean; onChoose: (day: string) => void; onClear: (() => void) | null;
}) {
  const { t, locale } = useSpeech();
  const [at, setAt] = useState(value);
  const grid = useRef<HTMLDivElement>(null);
  useEffect(() => grid.current?.querySelector<HTMLElement>("[tabindex='0']")?.focus(), [at]);
  const as = (day: string, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options }).format(Date.parse(day));
  const weeks = weeksOf(at);
  const onKey = (event: KeyboardEvent) => {
    const by: Record<string, () => string> = {
      ArrowLeft: () => addDays(at, -1), ArrowRight: () => addDays(at, 1), ArrowUp: () => addDays(at, -7), ArrowDown: () => addDays(at, 7),
      PageUp: () => addMonths(at, -1), PageDown: () => addMonths(at, 1),
    };
    const move = by[event.key];
    if (!move) return;
    event.preventDefault();
    setAt(move());
  };
  return (
    <>
      <div className="row">
        <Button small tone="quiet" icon="back" label={t("date.monthBefore")} onClick={() => setAt(addMonths(at, -1))} />
        <strong className="grow center" aria-live="polite">{as(at, { year: "numeric", month: "long" })}</strong>
        <Button small tone="quiet" icon="next" label={t("date.monthAfter")} onClick={() => setAt(addMonths(at, 1))} />
      </div>
      <div className="days-grid" ref={grid} onKeyDown={onKey}>
        {(weeks[0] ?? []).map((day) => <span key={day} className="small muted" aria-hidden="true">{as(day, { weekday: "narrow" })}</span>)}
        {/* A day out of range says so but keeps the focus: on its way over it the keyboard would be lost to the page. */}
        {weeks.flat().map((day) => (
          <button key={day} type="button" tabIndex={day === at ? 0 : -1} aria-disabled={!fits(day) || undefined} className={monthOf(day) === monthOf(at) ? "" : "other"} aria-pressed={day === chosen} aria-current={day === today ? "date" : undefined}
            aria-label={as(day, { year: "numeric", month: "long", day: "numeric", weekday: "long" })} onClick={() => fits(day) && onChoose(day)}>
            {Number(day.slice(8))}
          </button>
        ))}
      </div>
      <div className="row">
        <Button small tone="quiet" disabled={!fits(today)} onClick={() => onChoose(today)}>{t("date.today")}</Button>
        <span className="grow" />
        {onClear && <Button small tone="quiet" disabled={!chosen} onClick={onClear}>{t("do.clear")}</Button>}
      </div>
    </>
  );
}
