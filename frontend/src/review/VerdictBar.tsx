/** What is decided, by key or by hand. Its second step is a list to choose from by digit. */

import { useEffect, useRef, useState, type ReactNode } from "react";
import type { Case, CaseSummary } from "../api/types";
import { CategoryMark, Icon, type IconName } from "../design/icons";
import { Button } from "../design/ui";
import { useSpeech } from "../i18n";
import type { Mode } from "./keys";
import { sign } from "./signs";

export interface Choice {
  id: string;
  label: string;
  mark?: ReactNode;
}

export function Picker({ title, choices, onChoose, onCancel, own, ownLabel, empty, ownOpen, setOwnOpen }: {
  title: string; choices: Choice[]; onChoose: (id: string) => void; onCancel: () => void;
  own?: (text: string) => void; ownLabel?: string; empty?: string; ownOpen: boolean; setOwnOpen: (open: boolean) => void;
}) {
  const { t } = useSpeech();
  const [text, setText] = useState("");
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (ownOpen) input.current?.focus();
  }, [ownOpen]);
  return (
    <div className="picker" role="group" aria-label={title}>
      <div className="row">
        <strong>{title}</strong>
        <span className="small muted grow">{t("judge.digits")}</span>
        <Button small tone="quiet" icon="close" label={t("do.cancel")} onClick={onCancel} />
      </div>
      {!choices.length && empty && <p className="small muted">{empty}</p>}
      <div className="choices">
        {choices.map((choice, number) => (
          <button key={choice.id} type="button" className="b" onClick={() => onChoose(choice.id)}>
            <kbd>{sign(number)}</kbd>
            {choice.mark}
            <span className="cut">{choice.label}</span>
          </button>
        ))}
        {own && !ownOpen && (
          <button type="button" className="b" onClick={() => setOwnOpen(true)}>
            <kbd>0</kbd>
            <Icon name="edit" size={15} />
            <span>{ownLabel}</span>
          </button>
        )}
      </div>
      {own && ownOpen && (
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim()) own(text.trim());
          }}
        >
          <input ref={input} className="i" value={text} maxLength={500} aria-label={ownLabel} placeholder={ownLabel} onChange={(event) => setText(event.target.value)} />
          <Button type="submit" tone="primary" disabled={!text.trim()}>{t("judge.submit")}</Button>
        </form>
      )}
    </div>
  );
}

type Act = "true" | "false" | "wrong" | "duplicate" | "unsure" | "box" | "fixture" | "undo";

export function VerdictBar({ item, mode, act, mayJudge, mayTune, boxKept, bulk }: {
  item: CaseSummary | Case | null; mode: Mode; act: (what: Act) => void; mayJudge: boolean; mayTune: boolean; boxKept: boolean; bulk: number;
}) {
  const { t } = useSpeech();
  if (!mayJudge) return <div className="verdicts locked"><Icon name="eye" /> <span>{t("review.noPermission")}</span></div>;
  const one = (what: Act, icon: IconName, label: string, key: string, tone = "") => (
    <button key={what} type="button" className={`v ${tone} ${what}`} onClick={() => act(what)} disabled={!item && what !== "undo"} aria-keyshortcuts={key} aria-label={`${label} ${key}`} title={`${label} (${key})`}>
      <Icon name={icon} />
      <span>{label}</span>
      <kbd aria-hidden="true">{key}</kbd>
    </button>
  );
  if (bulk > 0) {
    return (
      <div className="verdicts bulk" role="toolbar" aria-label={t("judge.title")}>
        <strong className="nowrap">{t("review.selected", { n: bulk })}</strong>
        {one("true", "check", t("review.bulkTrue"), "T", "good")}
        {one("false", "cross", t("review.bulkFalse"), "F", "bad")}
        {one("unsure", "doubt", t("review.bulkUnsure"), "U", "doubt")}
      </div>
    );
  }
  return (
    <div className="verdicts" role="toolbar" aria-label={t("judge.title")}>
      {one("true", "check", t("verdict.true"), "T", "good")}
      {one("false", "cross", t("verdict.false"), "F", "bad")}
      {one("unsure", "doubt", t("verdict.unsure"), "U", "doubt")}
      {one("wrong", "swap", t("verdict.wrong_category"), "W")}
      {one("duplicate", "copy", t("verdict.duplicate"), "D")}
      <span className="gap" />
      {one("box", "box", mode === "box" ? t("do.confirm") : t("judge.box"), "B", mode === "box" || boxKept ? "lit" : "")}
      {mayTune && one("fixture", "anchor", t("judge.fixture"), "X")}
      {one("undo", "undo", t("do.undo"), "Z")}
    </div>
  );
}

export function categoryChoices(categories: string[], named: (family: string, code: string) => string): Choice[] {
  return categories.map((id) => ({ id, label: named("category", id), mark: <CategoryMark category={id} size={15} /> }));
}
