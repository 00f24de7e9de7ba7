import { createContext, useContext, useMemo, type ReactNode } from "react";
import type { Language, Words } from "../api/types";
import { en } from "./en";
import { zh, type MessageKey } from "./zh";

const CATALOGUES: Record<Language, Record<MessageKey, string>> = { zh, en };

export type Params = Record<string, string | number>;
export type Translate = (key: MessageKey, params?: Params) => string;

export function translate(language: Language, key: MessageKey, params?: Params): string {
  const text = CATALOGUES[language][key];
  return params ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole)) : text;
}

export interface Speech {
  language: Language;
  locale: string;
  /** Between the parts of an enumeration. */
  comma: string;
  t: Translate;
  /** What a code is called, e.g. `named("category", "ground_lock")`; the code itself when nobody has named it. */
  named: (family: string, code: string | null | undefined) => string;
  words: (words: Words | string | null | undefined) => string;
  site: string;
  timezone: string;
  clock: (iso: string | number) => string;
  moment: (iso: string | number) => string;
  day: (iso: string | number) => string;
  ago: (iso: string, now: number) => string;
  span: (seconds: number) => string;
  percent: (share: number, digits?: number) => string;
  number: (value: number, digits?: number) => string;
  bytes: (value: number) => string;
}

export function speech(language: Language, site: string, timezone: string): Speech {
  const locale = language === "zh" ? "zh-CN" : "en-GB";
  const t: Translate = (key, params) => translate(language, key, params);
  const format = (options: Intl.DateTimeFormatOptions) => {
    const formatter = new Intl.DateTimeFormat(locale, { timeZone: timezone, hourCycle: "h23", ...options });
    return (at: string | number) => {
      const date = new Date(at);
      return Number.isNaN(date.getTime()) ? "–" : formatter.format(date);
    };
  };
  const clock = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const day = format({ month: "2-digit", day: "2-digit" });
  const moment = format({ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  // Making a formatter takes longer than a row of the queue has while one scrolls.
  const formatters = new Map<number, Intl.NumberFormat>();
  const number = (value: number, digits = 0) => {
    const formatter = formatters.get(digits) ?? new Intl.NumberFormat(locale, { maximumFractionDigits: digits });
    formatters.set(digits, formatter);
    return formatter.format(value);
  };
  return {
    language,
    locale,
    comma: language === "zh" ? "、" : ", ",
    t,
    site,
    timezone,
    clock,
    day,
    moment,
    named: (family, code) => {
      if (!code) return "–";
      const key = `${family}.${code}`;
      return key in zh ? t(key as MessageKey) : code.replaceAll("_", " ");
    },
    words: (words) => (typeof words === "string" ? words : (words?.[language] ?? "")),
    ago: (iso, now) => {
      const seconds = Math.max(0, (now - new Date(iso).getTime()) / 1000);
      if (seconds < 60) return t("time.justNow");
      if (seconds < 3600) return t("time.minutes", { n: Math.floor(seconds / 60) });
      if (seconds < 86400) return t("time.hours", { n: Math.floor(seconds / 3600) });
      return t("time.days", { n: Math.floor(seconds / 86400) });
    },
    span: (seconds) => {
      if (seconds < 60) return t("span.s", { n: number(seconds, seconds < 10 ? 1 : 0) });
      if (seconds < 3600) {
        const m = Math.floor(seconds / 60);
        const s = Math.round(seconds % 60);
        return s && m < 10 ? t("span.ms", { m, s }) : t("span.m", { n: m });
      }
      if (seconds < 86400) {
        const h = Math.floor(seconds / 3600);
        const m = Math.floor((seconds % 3600) / 60);
        return m ? t("span.hm", { h, m }) : t("span.h", { n: h });
      }
      const d = Math.floor(seconds / 86400);
      const h = Math.floor((seconds % 86400) / 3600);
      return h ? t("span.dh", { d, h }) : t("span.d", { n: d });
    },
    percent: (share, digits = 0) => `${number(share * 100, digits)}%`,
    number,
    bytes: (value) => {
      const units = ["B", "kB", "MB", "GB", "TB"];
      let size = value;
      let unit = 0;
      while (size >= 1000 && unit < units.length - 1) {
        size /= 1000;
        unit += 1;
      }
      return `${number(size, size < 10 && unit ? 1 : 0)} ${units[unit]}`;
    },
  };
}

const SpeechContext = createContext<Speech>(speech("zh", "", "Asia/Shanghai"));

export function SpeechProvider(props: { language: Language; site: string; timezone: string; children: ReactNode }) {
  const value = useMemo(
    () => speech(props.language, props.site, props.timezone),
    [props.language, props.site, props.timezone],
  );
  return <SpeechContext.Provider value={value}>{props.children}</SpeechContext.Provider>;
}

export function useSpeech(): Speech {
  return useContext(SpeechContext);
}
