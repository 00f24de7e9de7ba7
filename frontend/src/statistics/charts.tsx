/** Charts as SVG: they print, scale and speak. */

import { useSize } from "../design/ui";
import { useSpeech } from "../i18n";

export function IntervalBar({ value, low, high }: { value: number; low: number; high: number }) {
  const { t, percent } = useSpeech();
  return (
    <span className="interval" role="img" aria-label={`${percent(value)} (${t("stats.interval", { low: percent(low), high: percent(high) })})`} title={t("stats.interval", { low: percent(low), high: percent(high) })}>
      <i style={{ left: `${low * 100}%`, width: `${(high - low) * 100}%` }} />
      <b style={{ left: `${value * 100}%` }} />
    </span>
  );
}

/** A round number at or above. */
function roof(value: number): number {
  if (value <= 4) return 4;
  const size = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((one) => one * size >= value) ?? 10) * size;
}

export function DayChart({ days }: { days: { day: string; found: number; confirmed: number; rejected: number }[] }) {
  const { t, number } = useSpeech();
  const [ref, size] = useSize<HTMLDivElement>();
  const [width, height, left, bottom] = [Math.max(280, size.width), size.width > 1800 ? 330 : 210, 34, 24];
  const top = roof(Math.max(1, ...days.map((day) => day.found)));
  const slot = (width - left) / Math.max(1, days.length);
  const bar = Math.min(34, slot * 0.72);
  const y = (value: number) => 8 + (height - bottom - 8) * (1 - value / top);
  const every = Math.ceil(days.length / Math.max(2, Math.floor((width - left) / 62)));
  return (
    <div className="chart" ref={ref}>
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={t("stats.perDay")}>
        {[0, top / 2, top].map((value) => <g key={value}><path className="grid" d={`M${left} ${y(value)}H${width}`} /><text x={left - 7} y={y(value) + 4} textAnchor="end">{number(value)}</text></g>)}
        {days.map((day, at) => {
          const x = left + slot * at + (slot - bar) / 2;
          const rest = Math.max(0, day.found - day.confirmed - day.rejected);
          let from = 0;
          return (
            <g key={day.day}>
              <title>{t("stats.dayLabel", { day: day.day, found: day.found, confirmed: day.confirmed, rejected: day.rejected })}</title>
              {([["good", day.confirmed], ["bad", day.rejected], ["none", rest]] as const).map(([tone, value]) => {
                const start = from;
                from += value;
                return value > 0 && <rect key={tone} className={tone} x={x} width={bar} y={y(start + value)} height={y(start) - y(start + value)} />;
              })}
              {at % every === 0 && <text x={x + bar / 2} y={height - 7} textAnchor="middle">{day.day.slice(5).replace("-", "/")}</text>}
            </g>
          );
        })}
      </svg>
    </div>
  );
}

export function RejectedBars({ rejected, name }: { rejected: Record<string, number>; name: (id: string) => string }) {
  const { number } = useSpeech();
  const rows = Object.entries(rejected).sort((a, b) => b[1] - a[1]).slice(0, 10);
  const top = rows[0]?.[1] ?? 1;
  if (!rows.length) return <p className="muted">–</p>;
  return (
    <ul className="hbars">
      {rows.map(([id, value]) => <li key={id}><span className="cut" title={name(id)}>{name(id)}</span><span className="track"><i style={{ width: `${(value / top) * 100}%` }} /></span><strong className="num">{number(value)}</strong></li>)}
    </ul>
  );
}
