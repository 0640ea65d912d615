/** A call's course in words: which facts of an entry are worth telling, in which order. */

import type { Call, TimelineEntry } from '@/api/types';
import { duration } from '@/time/format';

/** A piece of text: a key of the locale files with its parameters, or plain text. */
export type Piece = { key: string; params: Record<string, string | number> } | { text: string };

const KINDS = new Set([
  'started',
  'ringing',
  'ring_ended',
  'answered_by_system',
  'answered_by_operator',
  'queued',
  'left_queue',
  'hold',
  'unhold',
  'transfer',
  'recording_started',
  'recording_paused',
  'recording_resumed',
  'ended',
]);

export function titleOf(entry: TimelineEntry): Piece {
  if (KINDS.has(entry.kind)) return { key: `timeline.${entry.kind}`, params: {} };
  return { key: 'timeline.other', params: { kind: entry.kind } };
}

/** What is known beyond the kind: party, queue and place, lengths, transfer, result. Unknown facts are left out. */
export function detailsOf(entry: TimelineEntry, queueName: (id: string) => string): Piece[] {
  const detail = entry.detail ?? {};
  const text = (name: string): string | null => (typeof detail[name] === 'string' ? (detail[name] as string) : null);
  const pieces: (Piece | null)[] = [
    partyOf(entry),
    text('line') && { key: 'timeline.to', params: { to: text('line')! } },
    text('kind') && { key: `transferKind.${text('kind')}`, params: {} },
    text('to') && { key: 'timeline.to', params: { to: text('to')! } },
    text('result') && { key: `transferResult.${text('result')}`, params: {} },
    text('queue') && { text: queueName(text('queue')!) },
    typeof detail.position === 'number' ? { key: 'timeline.position', params: { position: detail.position } } : null,
    typeof detail.seconds === 'number' ? { text: duration(detail.seconds) } : null,
    typeof detail.answered === 'boolean'
      ? { key: detail.answered ? 'timeline.answered' : 'timeline.notAnswered', params: {} }
      : null,
    text('outcome') && { key: `outcome.${text('outcome')}`, params: {} },
  ].map((piece) => piece || null);
  return pieces.filter((piece) => piece !== null);
}

function partyOf(entry: TimelineEntry): Piece | null {
  if (!entry.party) return null;
  if (entry.party === 'caller' || entry.party === 'operator') return { key: `side.${entry.party}`, params: {} };
  if (/^\d{3,6}$/.test(entry.party)) return { key: 'timeline.party', params: { party: entry.party } };
  return { text: entry.party };
}

/** How an entry looks: the colour of the state that it begins. */
export function toneOf(kind: string): 'ringing' | 'talking' | 'held' | 'system' | 'plain' {
  switch (kind) {
    case 'ringing':
      return 'ringing';
    case 'answered_by_operator':
    case 'unhold':
      return 'talking';
    case 'hold':
    case 'transfer':
      return 'held';
    case 'answered_by_system':
    case 'queued':
      return 'system';
    default:
      return 'plain';
  }
}

/** True when the call has ended, was recorded, and its recording has not been filed. */
export function awaitsRecording(call: Pick<Call, 'ended_at' | 'recording' | 'timeline'>): boolean {
  const wasRecorded = call.timeline.some((entry) => entry.kind === 'recording_started');
  return call.ended_at !== null && call.recording === null && wasRecorded;
}
