/** The few parts every page is made of. */

import {
  createContext, useCallback, useContext, useEffect, useId, useMemo, useRef, useState,
  type ButtonHTMLAttributes, type ReactNode,
} from "react";
import { ApiError } from "../api/client";
import type { Speech } from "../i18n";
import { useSpeech } from "../i18n";
import { Icon, type IconName } from "./icons";

export function Button({ icon, tone, small, children, label, keys, className, ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & {
  icon?: IconName; tone?: "primary" | "danger" | "quiet"; small?: boolean; label?: string; keys?: string;
}) {
  const only = !children;
  const classes = ["b", tone, small && "s", only && "icon", className].filter(Boolean).join(" ");
  return (
    <button type="button" className={classes} aria-label={label} title={label && keys ? `${label} (${keys})` : label} {...rest}>
      {icon && <Icon name={icon} size={small ? 16 : 18} />}
      {children}
    </button>
  );
}

/** What went wrong, in words for people. */
export function explain(error: unknown, speech: Speech): string {
  if (error instanceof ApiError) {
    if (error.status === 0) return speech.t("error.unreachable");
    const said = speech.words(error.body.message);
    if (said) return said;
    if (error.status === 403) return speech.t("error.forbidden");
    if (error.status === 401) return speech.t("error.loggedOut");
    if (error.status === 404) return speech.t("error.gone");
    return speech.t("error.http", { status: error.status });
  }
  return speech.t("error.script");
}

export function Loading() {
  const { t } = useSpeech();
  return (
    <div className="state" role="status">
      <span className="spin" aria-hidden="true" />
      <span>{t("app.loading")}</span>
    </div>
  );
}

export function Empty({ icon = "inbox", title, children }: { icon?: IconName; title: string; children?: ReactNode }) {
  return (
    <div className="state">
      <Icon name={icon} size={30} />
      <strong>{title}</strong>
      {children}
    </div>
  );
}

export function Failed({ error, retry, title }: { error: unknown; retry?: () => void; title?: string }) {
  const speech = useSpeech();
  return (
    <div className="state" role="alert">
      <Icon name={error instanceof ApiError && error.status === 0 ? "offline" : "warning"} size={30} />
      <strong>{title ?? speech.t("error.title")}</strong>
      <p>{explain(error, speech)}</p>
      {retry && <Button onClick={retry}>{speech.t("do.retry")}</Button>}
    </div>
  );
}

export function FieldError({ id, children }: { id?: string; children: ReactNode }) {
  return (
    <p className="error" id={id} role="alert">
      <Icon name="warning" size={15} />
      <span>{children}</span>
    </p>
  );
}

export function Field({ label, error, hint, children, className }: {
  label: ReactNode; error?: string | null; hint?: ReactNode; className?: string;
  children: (props: { id: string; "aria-invalid"?: boolean; "aria-describedby"?: string }) => ReactNode;
}) {
  const id = useId();
  const described = [error && `${id}e`, hint && `${id}h`].filter(Boolean).join(" ") || undefined;
  return (
    <div className={`f ${className ?? ""}`}>
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-invalid": error ? true : undefined, "aria-describedby": described })}
      {error && <FieldError id={`${id}e`}>{error}</FieldError>}
      {hint && !error && <p className="hint" id={`${id}h`}>{hint}</p>}
    </div>
  );
}

export function Segments<T extends string>({ value, options, onChange, label }: {
  value: T; options: { value: T; label: ReactNode; title?: string }[]; onChange: (value: T) => void; label: string;
}) {
  return (
    <div className="seg" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          title={option.title}
          aria-pressed={value === option.value}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}

export function Dialog({ title, onClose, children, footer, wide }: {
  title: ReactNode; onClose: () => void; children: ReactNode; footer?: ReactNode; wide?: boolean;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  const { t } = useSpeech();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) {
      dialog.showModal();
      // Where one goes on: the first field, else what the dialog asks for.
      const first = dialog.querySelector<HTMLElement>(".body input:not([type=checkbox]), .body textarea, .body select") ?? dialog.querySelector<HTMLElement>("footer .primary, footer .danger");
      first?.focus();
    }
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      className={wide ? "wide" : undefined}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => event.target === ref.current && onClose()}
    >
      <div className="in">
        <header>
          <h2 id={id} className="grow">{title}</h2>
          <Button tone="quiet" icon="close" label={t("do.close")} onClick={onClose} />
        </header>
        <div className="body" tabIndex={-1}>{children}</div>
        {footer && <footer>{footer}</footer>}
      </div>
    </dialog>
  );
}

/** A button that opens a small panel; Esc and a click outside close it. */
export function Menu({ label, children, button, className }: {
  label: string; button: ReactNode; children: (close: () => void) => ReactNode; className?: string;
}) {
  const [open, setOpen] = useState(false);
  const ref = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => !ref.current?.contains(event.target as Node) && setOpen(false);
    const escape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      setOpen(false);
      trigger.current?.focus();
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("keydown", escape, true);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("keydown", escape, true);
    };
  }, [open]);
  return (
    <div className={`menu ${className ?? ""}`} ref={ref}>
      <button ref={trigger} type="button" className="b quiet" aria-expanded={open} aria-label={label} title={label} onClick={() => setOpen(!open)}>
        {button}
      </button>
      {open && <div className="pop">{children(() => setOpen(false))}</div>}
    </div>
  );
}

export interface Toast {
  text: string;
  tone?: "bad";
  action?: { label: string; run: () => void };
  /** Stays for this long; for good (until closed) when 0. */
  ms?: number;
}
const ToastContext = createContext<(toast: Toast) => void>(() => {});

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<(Toast & { id: number })[]>([]);
  const next = useRef(1);
  const { t } = useSpeech();
  const drop = useCallback((id: number) => setToasts((all) => all.filter((one) => one.id !== id)), []);
  const show = useCallback((toast: Toast) => {
    const id = next.current++;
    setToasts((all) => [...all.slice(-2), { ...toast, id }]);
    if (toast.ms !== 0) setTimeout(() => drop(id), toast.ms ?? (toast.tone === "bad" ? 9000 : 3500));
  }, [drop]);
  return (
    <ToastContext.Provider value={show}>
      {children}
      <div className="toasts" aria-live="polite">
        {toasts.map((toast) => (
          <div key={toast.id} className={`toast ${toast.tone ?? ""}`}>
            <span className="grow">{toast.text}</span>
            {toast.action && (
              <Button small onClick={() => { toast.action?.run(); drop(toast.id); }}>{toast.action.label}</Button>
            )}
            <Button small tone="quiet" icon="close" label={t("do.close")} onClick={() => drop(toast.id)} />
          </div>
        ))}
      </div>
    </ToastContext.Provider>
  );
}

export function useToast(): (toast: Toast) => void {
  return useContext(ToastContext);
}

/** A value kept in the browser's storage, for matters of taste only. */
export function useKept<T>(key: string, initial: T): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => {
    try {
      const text = localStorage.getItem(`vision.${key}`);
      return text === null ? initial : (JSON.parse(text) as T);
    } catch {
      return initial;
    }
  });
  const set = useCallback((next: T) => {
    setValue(next);
    try {
      localStorage.setItem(`vision.${key}`, JSON.stringify(next));
    } catch {
      // Private windows may refuse; then it holds for this visit.
    }
  }, [key]);
  return useMemo(() => [value, set], [value, set]);
}

/** The size of an element in CSS pixels, as it is now. */
export function useSize<T extends HTMLElement>(): [React.RefObject<T | null>, { width: number; height: number }] {
  const ref = useRef<T>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    if (!ref.current) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, size];
}
