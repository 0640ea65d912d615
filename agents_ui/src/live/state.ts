/** What is live, as the socket's messages build it: a snapshot, then one change after the other. */

import type { Alarm, LinkStatus, LiveCall, LiveMessage } from '@/api/types';

export interface LiveState {
  /** Which start of the application the numbers belong to; empty before the first snapshot. */
  hub: string;
  seq: number;
  calls: Map<string, LiveCall>;
  link: LinkStatus | null;
  alarms: Alarm[];
  /** How often each list changed; `calls` counts ended ones, `snapshot` how often changes may have been missed. */
  changes: Map<string, number>;
}

export type Applied = 'applied' | 'gap';

export function emptyState(): LiveState {
  return { hub: '', seq: 0, calls: new Map(), link: null, alarms: [], changes: new Map() };
}

/** Take a message into `state`. `gap`: a message is missing before this one, so it must be fetched. */
export function applyMessage(state: LiveState, message: LiveMessage): Applied {
  if (message.type === 'pong') return 'applied';
  if (message.type === 'snapshot') {
    state.hub = message.hub;
    state.seq = message.seq;
    state.calls = new Map(message.calls.map((call) => [call.key, call]));
    state.link = message.link;
    state.alarms = message.alarms;
    noteChange(state, 'snapshot');
    return 'applied';
  }
  if (message.type === 'resumed') return 'applied';
  if (message.seq !== state.seq + 1) return 'gap';
  state.seq = message.seq;
  switch (message.type) {
    case 'call':
      state.calls.set(message.call.key, message.call);
      if (message.call.ended_at !== null) noteChange(state, 'calls');
      break;
    case 'link':
      state.link = message.link;
      break;
    case 'alarms':
      state.alarms = message.alarms;
      break;
    case 'changed':
      noteChange(state, message.subject);
      break;
  }
  return 'applied';
}

function noteChange(state: LiveState, subject: string): void {
  state.changes.set(subject, (state.changes.get(subject) ?? 0) + 1);
}

/** Calls in the order in which they began; ended ones keep their place until they are removed. */
export function inOrder(calls: Iterable<LiveCall>): LiveCall[] {
  return [...calls].sort((a, b) => a.started_at.localeCompare(b.started_at) || a.key.localeCompare(b.key));
}

export interface LiveSummary {
  ringing: number;
  waiting: number;
  talking: number;
}

/** How many callers hear ringing, wait for a person after the system's answer, and talk (or are held by) a person. */
export function summaryOf(calls: Iterable<LiveCall>): LiveSummary {
  const summary = { ringing: 0, waiting: 0, talking: 0 };
  for (const call of calls) {
    if (call.state === 'ringing') summary.ringing += 1;
    else if (call.state === 'waiting') summary.waiting += 1;
    else if (call.state === 'talking' || call.state === 'held') summary.talking += 1;
  }
  return summary;
}

/** The ring that the caller hears now, counted from 1; null before the first. */
export function ringNow(firstRingAt: string | null, now: number, cadence: number): number | null {
  if (firstRingAt === null) return null;
  const seconds = (now - Date.parse(firstRingAt)) / 1000;
  return Math.floor(Math.max(0, seconds) / cadence) + 1;
}

/** The instant from which the seconds beside a call's state are counted. */
export function stateSince(call: LiveCall): string {
  switch (call.state) {
    case 'ringing':
      return call.first_ring_at ?? call.started_at;
    case 'system':
      return call.answered_at ?? call.started_at;
    case 'waiting':
      return call.queue?.since ?? call.answered_at ?? call.started_at;
    case 'talking':
    case 'held':
      return call.operator_answered_at ?? call.answered_at ?? call.started_at;
    case 'ended':
      return call.started_at;
  }
}
