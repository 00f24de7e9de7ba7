/** When a rule is in force: spans as rows, and the week they make. */

import { Button } from "../design/ui";
import { useSpeech } from "../i18n";
import type { MessageKey } from "../i18n/zh";
import { format, parse, week, type Span } from "./schedule";

const WHOLE: Span = { days: Array.from({ length: 7 }, () => true), from: "06:00", to: "22:00" };

export function ScheduleField({ value, onChange, disabled }: { value: string[]; onChange: (value: string[]) => void; disabled: boolean }) {
  const { t } = useSpeech();
  const spans = value.map(parse);
  const known = spans.filter((span) => span !== null);
  const put = (at: number, span: Span) => onChange(value.map((text, number) => (number === at ? format(span) : text)));
  return (
    <div className="schedule">
      {value.length === 0 ? (
        <p className="small muted">{t("schedule.always")}</p>
      ) : (
        <div className="week" aria-hidden="true">
          {week(known).map((parts, at) => (
            <div key={at}>
              <span>{t(`day.${at}` as MessageKey)}</span>
              <i>{parts.map(([from, to], number) => <b key={number} style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }} />)}</i>
            </div>
          ))}
        </div>
      )}
      {value.map((text, at) => {
        const span = spans[at];
        if (!span) {
          return (
            <div key={at} className="span">
              <input className="i" aria-label={t("schedule.title")} value={text} disabled={disabled} aria-invalid onChange={(event) => onChange(value.map((one, number) => (number === at ? event.target.value : one)))} />
              <Button small tone="quiet" icon="trash" label={t("do.delete")} disabled={disabled} onClick={() => onChange(value.filter((_, number) => number !== at))} />
            </div>
          );
        }
        return (
          <div key={at} className="span">
            <div className="days" role="group" aria-label={t("schedule.days")}>
              {span.days.map((on, day) => (
                <button key={day} type="button" aria-pressed={on} aria-label={t(`day.long.${day}` as MessageKey)} disabled={disabled || (on && span.days.filter(Boolean).length === 1)} onClick={() => put(at, { ...span, days: span.days.map((one, number) => (number === day ? !one : one)) })}>
                  {t(`day.${day}` as MessageKey)}
                </button>
              ))}
            </div>
            <div className="row times">
              <input className="i" type="time" aria-label={t("schedule.from")} value={span.from} disabled={disabled} onChange={(event) => event.target.value && put(at, { ...span, from: event.target.value })} />
              <span aria-hidden="true">–</span>
              <input className="i" type="time" aria-label={t("schedule.to")} value={span.to === "24:00" ? "00:00" : span.to} disabled={disabled} onChange={(event) => event.target.value && put(at, { ...span, to: event.target.value === "00:00" ? "24:00" : event.target.value })} />
              {span.to <= span.from && <span className="small muted nowrap">{t("schedule.overnight")}</span>}
              <span className="grow" />
              <Button small tone="quiet" icon="trash" label={t("do.delete")} disabled={disabled} onClick={() => onChange(value.filter((_, number) => number !== at))} />
            </div>
          </div>
        );
      })}
      {!disabled && <Button small icon="plus" onClick={() => onChange([...value, format(WHOLE)])}>{t("schedule.add")}</Button>}
    </div>
  );
}
