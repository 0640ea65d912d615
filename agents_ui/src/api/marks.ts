/** What was said of callers: nuisance, wrong number, silence; and whose number is blocked. */

import { request } from './http';

export type MarkKind = 'nuisance' | 'wrong_number' | 'silent';

export interface CallerMark {
  kind: MarkKind;
  call_id: number;
  note: string;
  at: string;
  by: string;
  blocked_at: string | null;
  unblocked_at: string | null;
  unblocked_by: string;
}

export interface CallerMarks {
  blocked: boolean;
  items: CallerMark[];
}

export interface NewMark {
  kind: MarkKind;
  note?: string;
  block?: boolean;
  hang_up?: boolean;
}

export interface Interpreter {
  language: string;
  name: string;
}

export const interpreterApi = {
  all: () => request<{ items: Interpreter[] }>('GET', '/interpreters'),
  call: (call: number, one: Interpreter) => request<void>('POST', `/calls/${call}/interpreter`, { body: one }),
};

export const marksApi = {
  of: (call: number) => request<CallerMarks>('GET', `/calls/${call}/caller-marks`),
  add: (call: number, body: NewMark) => request<CallerMarks>('POST', `/calls/${call}/caller-marks`, { body }),
  unblock: (call: number) => request<CallerMarks>('DELETE', `/calls/${call}/caller-block`),
};
