/** The zones of the camera as a list, and the one that is selected as a form. */

import type { Dispatch } from "react";
import type { CameraZones, ConfigSchema, Fixture, Words, ZoneRule } from "../api/types";
import { Icon } from "../design/icons";
import { DateField } from "../design/DateField";
import { Button, Field, FieldError } from "../design/ui";
import { useSpeech } from "../i18n";
import { dayAt } from "../i18n/timezone";
import { zoneColour } from "./Canvas";
import { errorsOf } from "./differences";
import type { Edit, Editor } from "./editor";
import { MaskList } from "./MaskList";
import { PointsField } from "./PointsField";
import { RuleForm } from "./RuleForm";

export function ZonePanel({ readOnly, editor, send, schema, info, fields, bad, badMasks, rule, onRule, onFixtureTool, fixtureTool, onMaskTool, maskTool }: {
  readOnly: boolean; editor: Editor; send: Dispatch<Edit>; schema: ConfigSchema; info: CameraZones; fields: Record<string, Words>; bad: number[]; badMasks: number[];
  rule: number; onRule: (rule: number) => void; onFixtureTool: () => void; fixtureTool: boolean; onMaskTool: () => void; maskTool: boolean;
}) {
  const { t, named, words, timezone, comma } = useSpeech();
  const at = editor.selected;
  const zone = at === null ? undefined : editor.zones[at];
  const errors = at === null ? {} : errorsOf(fields, at);
  const free = Object.keys(schema.rules).filter((name) => !zone?.rules.some((one) => one.rule === name));
  const taken = zone && editor.zones.some((one, number) => number !== at && one.id === zone.id);
  const polygonError = Object.entries(errors).find(([place]) => place === "polygon" || place.startsWith("polygon."))?.[1];
  const rules = (next: ZoneRule[], step?: string) => send({ type: "rules", rules: next, step });
  const fixtures = zone?.fixtures ?? [];
  const putFixture = (number: number, change: Partial<Fixture>) => send({ type: "fixtures", fixtures: fixtures.map((one, other) => (other === number ? { ...one, ...change } : one)) });
  const ruleErrors = (number: number): Record<string, Words> => {
    const start = `rules.${number}`;
    return Object.fromEntries(Object.entries(errors).filter(([place]) => place === start || place.startsWith(`${start}.`)).map(([place, text]) => [place.slice(start.length + 1).split(".").at(-1) ?? "", text]));
  };

  return (
    <div className="stack">
      <section>
        <ul className="zone-list" aria-label={t("zones.list")}>
          {editor.zones.map((one, number) => (
            <li key={number}>
              <button type="button" aria-current={number === at || undefined} onClick={() => send({ type: "select", zone: number })}>
                <i style={{ background: zoneColour(number) }} />
                <strong className="cut">{one.id}</strong>
                <span className="small muted cut grow">{one.rules.map((each) => named("category", each.rule)).join(comma) || t("zones.rulesNone")}</span>
                {bad.includes(number) && <span className="tag bad"><Icon name="warning" size={13} /></span>}
              </button>
            </li>
          ))}
        </ul>
        {!editor.zones.length && <p className="muted">{t(readOnly ? "zones.noneHere" : "zones.none")}</p>}
      </section>
      {zone && at !== null && (
        <fieldset className="stack" disabled={readOnly}>
          <section className="stack tight">
            <Field label={t("zones.name")} hint={t("zones.nameHint")} error={taken ? t("zones.nameTaken") : errors.id ? words(errors.id) : null}>
              {(props) => (
                <span className="row">
                  <input {...props} className="i" value={zone.id} maxLength={64} spellCheck={false} onChange={(event) => send({ type: "rename", id: event.target.value })} />
                  <Button icon="trash" tone="danger" label={t("do.delete")} onClick={() => send({ type: "remove" })} />
                </span>
              )}
            </Field>
            <PointsField polygon={zone.polygon} vertex={editor.vertex} error={polygonError} readOnly={readOnly} send={send} />
            <div className="f">
              <span className="label">{t("zones.tags")} <span className="hint">{t("zones.tagsHint")}</span></span>
              <div className="row wrap">
                {[...new Set([...info.tags_known, ...(zone.tags ?? [])])].map((tag) => {
                  const on = (zone.tags ?? []).includes(tag);
                  return <Button key={tag} small aria-pressed={on} onClick={() => send({ type: "tags", tags: on ? (zone.tags ?? []).filter((one) => one !== tag) : [...(zone.tags ?? []), tag] })}>{named("tag", tag)}</Button>;
                })}
              </div>
            </div>
          </section>
          <section className="stack tight">
            <div className="row"><h2 className="grow">{t("zones.rules")}</h2>
              {free.length > 0 && (
                <select className="i add" aria-label={t("zones.addRule")} value="" onChange={(event) => { rules([...zone.rules, { rule: event.target.value }]); onRule(zone.rules.length); }}>
                  <option value="" disabled>+ {t("zones.addRule")}</option>
                  {free.map((name) => <option key={name} value={name}>{named("category", name)}</option>)}
                </select>
              )}
            </div>
            {errors.rules && <FieldError>{words(errors.rules)}</FieldError>}
            {zone.rules.length === 0 ? <p className="muted">{t("zones.rulesNone")}</p> : (
              <>
                {zone.rules.length > 1 && (
                  <div className="seg wrap" role="group" aria-label={t("zones.rules")}>
                    {zone.rules.map((one, number) => (
                      <button key={one.rule} type="button" aria-pressed={number === rule} onClick={() => onRule(number)}>
                        {named("category", one.rule)}{Object.keys(ruleErrors(number)).length > 0 && <Icon name="warning" size={14} />}
                      </button>
                    ))}
                  </div>
                )}
                {zone.rules[rule] && (
                  <RuleForm
                    key={`${at}.${zone.rules[rule].rule}`}
                    rule={zone.rules[rule]}
                    schema={schema.rules[zone.rules[rule].rule]}
                    errors={ruleErrors(rule)}
                    readOnly={readOnly}
                    onChange={(next, setting) => rules(zone.rules.map((one, number) => (number === rule ? next : one)), `rule${at}.${rule}.${setting}`)}
                    onRemove={() => { rules(zone.rules.filter((_, number) => number !== rule)); onRule(Math.max(0, rule - 1)); }}
                  />
                )}
                <p className="hint">{t("zones.sizeFilterHint")}</p>
              </>
            )}
          </section>
          <section className="stack tight">
            <div className="row"><h2 className="grow">{t("zones.fixtures")}</h2><Button small icon="anchor" aria-pressed={fixtureTool} onClick={onFixtureTool}>{t("zones.addFixture")}</Button></div>
            {!fixtures.length && <p className="hint">{t("zones.fixturesNone")}</p>}
            {fixtures.map((fixture, number) => (
              <div key={number} className="fixture-row">
                <div className="row">
                  <select className="i" aria-label={t("review.category")} value={fixture.category ?? ""} onChange={(event) => putFixture(number, { category: event.target.value || null })}>
                    <option value="">{t("review.any")}</option>
                    {zone.rules.map((one) => <option key={one.rule} value={one.rule}>{named("category", one.rule)}</option>)}
                  </select>
                  <DateField label={t("judge.until")} value={fixture.until ?? ""} today={dayAt(Date.now(), timezone)} onChange={(until) => putFixture(number, { until: until || null })} />
                  <Button small tone="quiet" icon="trash" label={t("do.delete")} onClick={() => send({ type: "fixtures", fixtures: fixtures.filter((_, other) => other !== number) })} />
                </div>
                <input className="i" aria-label={t("judge.note")} placeholder={t("judge.note")} value={fixture.note ?? ""} maxLength={200} onChange={(event) => putFixture(number, { note: event.target.value })} />
                {Object.entries(errors).filter(([place]) => place.startsWith(`fixtures.${number}`)).map(([place, text]) => <FieldError key={place}>{words(text)}</FieldError>)}
              </div>
            ))}
          </section>
        </fieldset>
      )}
      <MaskList editor={editor} send={send} fields={fields} badMasks={badMasks} drawing={maskTool} onDraw={onMaskTool} readOnly={readOnly} />
    </div>
  );
}
