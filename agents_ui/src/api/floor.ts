/** The supervisors' board: operators, waiting callers, today's figures, and what supervisors do. */

import { request } from './http';
import type { Words } from './types';

export type AgentState = 'available' | 'on_call' | 'wrap_up' | 'break' | 'away';
export type Help = 'listen' | 'whisper' | 'barge';
export type Deed = Help | 'take-over' | 'log-out';

export interface Operator {
  user_id: number;
  username: string;
  name: string;
  extension: string;
  state: AgentState;
  reason: string;
  since: string;
  ends_at: string | null;
  then: AgentState | null;
  then_reason: string;
  call: string | null;
  set_by: string;
  helpers: { name: string; how: Help }[];
}

export interface WaitingPlace {
  /** As the live messages name the call. */
  call: string;
  queue: string;
  place: number;
  since: string;
  ahead_reason: string;
  ahead_seconds: number;
}

export interface BreakReason {
  code: string;
  name: Words;
}

export interface Board {
  operators: Operator[];
  waiting: WaitingPlace[];
  lines_in_use: number;
  lines: number;
  calls_today: number;
  /** Shares from 0 to 1; null before the first call. */
  answer_rate: number | null;
  answer_rate_target: number;
  within_three_rings: number | null;
  lost_callers: number;
  break_reasons: BreakReason[];
}

export interface StateTimes {
  user_id: number;
  name: string;
  available: number;
  on_call: number;
  wrap_up: number;
  pause: number;
  breaks: Record<string, number>;
  away: number;
}

export const floorApi = {
  board: (signal?: AbortSignal) => request<Board>('GET', '/floor', { signal }),
  times: (query: { from: string; to: string }, signal?: AbortSignal) =>
    request<{ items: StateTimes[] }>('GET', '/agents/times', { query, signal }),
  act: (operator: number, deed: Deed) => request<void>('POST', `/agents/${operator}/${deed}`),
  force: (operator: number, state: 'available' | 'break' | 'away', reason: string) =>
    request<void>('POST', `/agents/${operator}/state`, { body: { state, reason } }),
  move: (call: string, place: number) => request<void>('POST', '/floor/places', { body: { call, place } }),
};
