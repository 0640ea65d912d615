/** Requests about what the house does by itself. Amounts are in fen. */

import { request } from './http';

export type RunState = 'done' | 'caught_up' | 'running' | 'skipped' | 'due' | 'continuous';
export type RunJob =
  'room_allocation' | 'evening_audit' | 'no_show_timer' | 'night_audit' | 'stay_nights' | 'overstays' | 'forfeits';

export interface Deed {
  number: string;
  action: string;
  at: string;
  by: string;
  why: string;
  amount: number;
}

export interface AuditRun {
  job: RunJob;
  day: string;
  due_at: string | null;
  begun_at: string | null;
  done_at: string | null;
  node: string;
  state: RunState;
  deeds: Deed[];
  /** Guests in house that it charged for the night, or found to have stayed too long. */
  stays: number;
}

export const auditRunsApi = {
  list: (query: { from: string; to: string }, signal?: AbortSignal) =>
    request<{ items: AuditRun[]; hours: Record<string, string> }>('GET', '/audit-runs', { query, signal }),
};
