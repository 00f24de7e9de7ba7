/** One way to the server: JSON in and out, the CSRF token on every write, errors as `ApiError`. */

import type { Words } from "./types";

export interface ErrorBody {
  error?: string;
  message?: Words;
  fields?: Record<string, Words>;
  [key: string]: unknown;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(body.error ?? `http_${status}`);
  }
  get fields(): Record<string, Words> {
    return this.body.fields ?? {};
  }
}

let csrf = "";
let onLoggedOut: () => void = () => {};

export function setCsrf(token: string): void {
  csrf = token;
}

export function whenLoggedOut(action: () => void): void {
  onLoggedOut = action;
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export function address(path: string, query?: Query): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") search.set(key, String(value));
  }
  const text = search.toString();
  return `/api${path}${text ? `?${text}` : ""}`;
}

async function request<T>(method: string, path: string, options: { body?: unknown; query?: Query; signal?: AbortSignal } = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(address(path, options.query), {
      method,
      headers,
      credentials: "same-origin",
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options.signal,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, { error: "unreachable" });
  }
  const text = await response.text();
  let plain: unknown = null;
  if (text) {
    try {
      plain = JSON.parse(text);
    } catch {
      plain = { error: "no_json" };
    }
  }
  if (!response.ok) {
    if (response.status === 401 && path !== "/me" && path !== "/login") onLoggedOut();
    throw new ApiError(response.status, (plain ?? {}) as ErrorBody);
  }
  return plain as T;
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) => request<T>("GET", path, { query, signal }),
  post: <T>(path: string, body?: unknown) => request<T>("POST", path, { body: body ?? {} }),
  put: <T>(path: string, body: unknown) => request<T>("PUT", path, { body }),
  patch: <T>(path: string, body: unknown) => request<T>("PATCH", path, { body }),
  delete: <T>(path: string) => request<T>("DELETE", path),
};
