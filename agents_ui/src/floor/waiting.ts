/** Who waits to be served: callers who hear ringing, then those in line, as the board shows them. */

import type { WaitingPlace } from '@/api/floor';
import type { LiveCall } from '@/api/types';

export interface Caller {
  call: LiveCall;
  /** The place in line; null while the phones still ring. */
  place: WaitingPlace | null;
}

/** Join the live calls with their places: ringing ones by age, then each line by place. */
export function callersOf(calls: Iterable<LiveCall>, places: readonly WaitingPlace[]): Caller[] {
  const known = new Map(places.map((place) => [place.call, place]));
  const waiting = [...calls].filter((call) => call.state === 'ringing' || call.state === 'waiting');
  const callers = waiting.map((call) => ({
    call,
    place: call.state === 'waiting' ? (known.get(call.key) ?? null) : null,
  }));
  return callers.sort(inOrder);
}

function inOrder(one: Caller, other: Caller): number {
  const byPlace = (one.place?.place ?? 0) - (other.place?.place ?? 0);
  return byPlace || one.call.started_at.localeCompare(other.call.started_at);
}

/** A share as a percentage with one decimal; a dash before the first call. */
export function percent(share: number | null): string {
  return share === null ? '–' : `${(share * 100).toFixed(1)}%`;
}
