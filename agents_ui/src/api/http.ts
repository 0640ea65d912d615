/** The one way of talking with the application: JSON in, JSON out, refusals as `Problem`. */

const BASE = '/api/v1';

/** A refusal or failure. `detail` is already in the reader's language where the application wrote it. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly params: Record<string, unknown> = {},
  ) {
    super(detail || code);
  }
}

/** `Problem.code` when no answer came at all. */
export const UNREACHABLE = 'unreachable';

/** What every request needs to know from elsewhere; set once by `main.ts`. */
export interface HttpContext {
  language: () => string;
  csrf: () => string;
  /** Called when the application no longer knows who is signed in. */
  sessionEnded: () => void;
}

let context: HttpContext = { language: () => 'zh', csrf: () => '', sessionEnded: () => {} };

export function useHttpContext(given: HttpContext): void {
  context = given;
}

/** Conditions of a list, as they stand in an address. */
export type Query = Record<string, string | number | undefined>;

export interface RequestOptions {
  body?: unknown;
  /** A CSV file instead of JSON. */
  file?: Blob;
  query?: Query;
  signal?: AbortSignal;
  /** For the session's own requests, where 401 is an ordinary answer. */
  mayBeSignedOut?: boolean;
}

/** Send a request and return the answer's JSON (undefined for an empty one). Raises `Problem`. */
export async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': context.language() };
  if (method !== 'GET') headers['X-CSRF-Token'] = context.csrf();
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  if (options.file !== undefined) headers['Content-Type'] = 'text/csv';
  const answer = await fetchOrProblem(BASE + path + queryString(options.query ?? {}), {
    method,
    headers,
    body: options.file ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
    signal: options.signal,
    credentials: 'same-origin',
  });
  if (answer.ok) return (answer.status === 204 ? undefined : await answer.json()) as T;
  if (answer.status === 401 && !options.mayBeSignedOut) context.sessionEnded();
  throw await problemOf(answer);
}

/** Fetch the list behind `path` as a file, with the name that the application gives it. Raises `Problem`. */
export async function fetchFile(path: string, query: Query): Promise<{ content: Blob; name: string }> {
  const answer = await fetchOrProblem(`${BASE}${path}${queryString(query)}`, {
    headers: { 'Accept-Language': context.language() },
    credentials: 'same-origin',
  });
  if (answer.status === 401) context.sessionEnded();
  if (!answer.ok) throw await problemOf(answer);
  const named = /filename\*=UTF-8''([^;]+)/.exec(answer.headers.get('Content-Disposition') ?? '');
  return { content: await answer.blob(), name: decodeURIComponent(named?.[1] ?? 'list') };
}

/** Send a file as it is; `progress` is told the part sent, from 0 to 1. Raises `Problem`. */
export function upload(path: string, file: Blob, progress: (part: number) => void): Promise<void> {
  return new Promise((done, failed) => {
    const sending = new XMLHttpRequest();
    sending.open('PUT', BASE + path);
    sending.setRequestHeader('Accept', 'application/json');
    sending.setRequestHeader('Accept-Language', context.language());
    sending.setRequestHeader('X-CSRF-Token', context.csrf());
    sending.setRequestHeader('Content-Type', 'application/octet-stream');
    sending.upload.onprogress = (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    };
    sending.onerror = () => failed(new Problem(0, UNREACHABLE, ''));
    sending.onload = () => {
      if (sending.status < 300) return done();
      if (sending.status === 401) context.sessionEnded();
      void problemOf(new Response(sending.responseText, problemHeaders(sending))).then(failed);
    };
    sending.send(file);
  });
}

function problemHeaders(sending: XMLHttpRequest): ResponseInit {
  const type = sending.getResponseHeader('Content-Type') ?? '';
  return { status: sending.status, headers: { 'Content-Type': type } };
}

/** `?a=1&b=2` of everything that is not empty; an empty string when nothing is. */
export function queryString(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  return text ? `?${text}` : '';
}

/** True when the reader went elsewhere before the answer came. */
export function wasAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

async function fetchOrProblem(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (wasAborted(error)) throw error;
    throw new Problem(0, UNREACHABLE, '');
  }
}

async function problemOf(answer: Response): Promise<Problem> {
  const isJson = answer.headers.get('Content-Type')?.includes('json') ?? false;
  const body: { code?: string; detail?: string; params?: Record<string, unknown> } = isJson
    ? await answer.json().catch(() => ({}))
    : {};
  return new Problem(answer.status, body.code ?? `http_${answer.status}`, body.detail ?? '', body.params);
}
