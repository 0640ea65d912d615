import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LiveCall, LiveMessage } from '@/api/types';
import { backOff, LiveConnection, type ConnectionState } from '@/live/connection';
import { applyMessage, emptyState, inOrder, ringNow, stateSince, summaryOf } from '@/live/state';

const START = '2026-11-21T06:00:00Z';

function call(given: Partial<LiveCall> = {}): LiveCall {
  return {
    key: 'pbx1/1.1',
    id: null,
    state: 'ringing',
    direction: 'inbound',
    caller: '13800001111',
    line: '4001',
    started_at: START,
    first_ring_at: START,
    answered_at: null,
    answered_by: 'none',
    operator_answered_at: null,
    operators: [],
    ringing: [],
    queue: null,
    recording: false,
    ended_at: null,
    outcome: 'open',
    ...given,
  };
}

const LINK = { state: 'up' as const, since: START, reason: '' };
const snapshot = (seq: number, calls: LiveCall[]): LiveMessage => ({
  type: 'snapshot',
  hub: 'ab',
  seq,
  calls,
  link: LINK,
  alarms: [],
});

describe('live state', () => {
  test('given a snapshot when changes follow in order then the state has them', () => {
    const state = emptyState();
    expect(applyMessage(state, snapshot(4, [call()]))).toBe('applied');
    expect(applyMessage(state, { type: 'call', seq: 5, call: call({ state: 'talking' }) })).toBe('applied');
    expect(applyMessage(state, { type: 'alarms', seq: 6, alarms: [{ code: 'disk_full', since: START }] })).toBe(
      'applied',
    );
    expect(state.calls.get('pbx1/1.1')?.state).toBe('talking');
    expect(state.alarms.map((alarm) => alarm.code)).toEqual(['disk_full']);
    expect(state.link).toEqual(LINK);
  });

  test('given a missing message when the next one comes then it is a gap and changes nothing', () => {
    const state = emptyState();
    applyMessage(state, snapshot(4, [call()]));
    expect(applyMessage(state, { type: 'call', seq: 6, call: call({ key: 'pbx1/2.2' }) })).toBe('gap');
    expect([...state.calls.keys()]).toEqual(['pbx1/1.1']);
  });

  test('given a gap when a new snapshot comes then calls that are gone are gone', () => {
    const state = emptyState();
    applyMessage(state, snapshot(4, [call()]));
    applyMessage(state, snapshot(1, []));
    expect(state.calls.size).toBe(0);
    expect(applyMessage(state, { type: 'call', seq: 2, call: call() })).toBe('applied');
  });

  test('given a break when the connection resumes then the calls stay and what was missed follows', () => {
    const state = emptyState();
    applyMessage(state, snapshot(4, [call()]));
    expect(applyMessage(state, { type: 'resumed', hub: 'ab', seq: 4 })).toBe('applied');
    expect(applyMessage(state, { type: 'call', seq: 5, call: call({ state: 'ended' }) })).toBe('applied');
    expect([state.hub, state.seq, state.calls.get('pbx1/1.1')?.state]).toEqual(['ab', 5, 'ended']);
  });

  test('given changes of lists when they are told then they are counted by subject', () => {
    const state = emptyState();
    applyMessage(state, snapshot(4, [call()]));
    applyMessage(state, { type: 'changed', seq: 5, subject: 'due_calls' });
    applyMessage(state, { type: 'changed', seq: 6, subject: 'due_calls' });
    applyMessage(state, { type: 'call', seq: 7, call: call() });
    applyMessage(state, { type: 'call', seq: 8, call: call({ state: 'ended', ended_at: START }) });
    expect(Object.fromEntries(state.changes)).toEqual({ snapshot: 1, due_calls: 2, calls: 1 });
  });

  test('given calls when they are listed then the one that began first stands first', () => {
    const later = call({ key: 'pbx1/0.9', started_at: '2026-11-21T06:00:01Z' });
    expect(inOrder([later, call()]).map((listed) => listed.key)).toEqual(['pbx1/1.1', 'pbx1/0.9']);
  });

  test('given calls when they are counted then a held caller is talking and an ended one is nothing', () => {
    const states = ['ringing', 'waiting', 'talking', 'held', 'system', 'ended'] as const;
    expect(summaryOf(states.map((state) => call({ state })))).toEqual({ ringing: 1, waiting: 1, talking: 2 });
  });

  test.each([
    [0, 1],
    [4.99, 1],
    [5, 2],
    [15, 4],
    [-2, 1],
  ])('given a cadence of 5 s when %s s have passed then ring %s is heard', (seconds, ring) => {
    expect(ringNow(START, Date.parse(START) + seconds * 1000, 5)).toBe(ring);
  });

  test('given no ring yet when the ring is asked then there is none', () => {
    expect(ringNow(null, Date.parse(START), 5)).toBeNull();
  });

  test('given a waiting caller when its seconds are counted then they begin with the queue', () => {
    const since = '2026-11-21T06:00:20Z';
    const waiting = call({ state: 'waiting', answered_at: START, queue: { name: 'enquiries', position: 1, since } });
    expect(stateSince(waiting)).toBe(since);
    expect(stateSince({ ...waiting, queue: null })).toBe(START);
  });
});

class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  sent: string[] = [];
  isClosed = false;

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.isClosed = true;
  }

  says(message: LiveMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

describe('live connection', () => {
  let sockets: FakeSocket[];
  let states: ConnectionState[];
  let failures: number;
  let connection: LiveConnection;
  const newest = (): FakeSocket => sockets.at(-1)!;

  beforeEach(() => {
    vi.useFakeTimers();
    sockets = [];
    states = [];
    failures = 0;
    const hooks = {
      onMessage: () => {},
      onState: (state: ConnectionState) => void states.push(state),
      onFailure: () => void (failures += 1),
    };
    connection = new LiveConnection(
      () => 'ws://house/live',
      hooks,
      () => {
        sockets.push(new FakeSocket());
        return newest() as unknown as WebSocket;
      },
    );
    connection.start();
  });

  afterEach(() => {
    connection.stop();
    vi.useRealTimers();
  });

  test('given an open socket when it closes then it is opened again after a delay', () => {
    newest().onopen?.();
    newest().onclose?.();
    expect(states).toEqual(['connecting', 'open', 'lost']);
    expect(failures).toBe(1);
    expect(sockets).toHaveLength(1);
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(2);
  });

  test('given a server that stays away when attempts fail then each waits longer, up to ten seconds', () => {
    expect([0, 1, 2, 3, 4, 5, 9].map((attempt) => backOff(attempt, 0.999999))).toEqual(
      [500, 1000, 2000, 4000, 8000, 10_000, 10_000].map((longest) => expect.closeTo(longest, 0) as number),
    );
    expect(backOff(9, 0)).toBe(5000);
  });

  test('given a peer that is dead when it does not answer a ping then the socket is given up', () => {
    newest().onopen?.();
    vi.advanceTimersByTime(15_000);
    expect(newest().sent).toEqual(['{"type":"ping"}']);
    vi.advanceTimersByTime(8_000);
    expect(states.at(-1)).toBe('lost');
    expect(newest().isClosed).toBe(true);
  });

  test('given a peer that lives when it answers the ping then the socket stays', () => {
    newest().onopen?.();
    vi.advanceTimersByTime(15_000);
    newest().says({ type: 'pong' });
    vi.advanceTimersByTime(8_000);
    expect(states.at(-1)).toBe('open');
    expect(sockets).toHaveLength(1);
  });

  test('given a gap when what is missing is wanted then the socket is opened anew', () => {
    const first = newest();
    first.onopen?.();
    connection.renew();
    vi.advanceTimersByTime(500);
    expect(first.isClosed).toBe(true);
    expect(sockets).toHaveLength(2);
  });

  test('given a stopped connection when time passes then no socket is opened', () => {
    newest().onclose?.();
    connection.stop();
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(1);
  });
});
