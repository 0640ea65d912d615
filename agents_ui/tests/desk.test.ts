import { expect, test, vi } from 'vitest';
import { keysOf } from '@/desk/keys';
import { CLOSED_ELSEWHERE, DeskLine } from '@/desk/line';

class FakeSocket {
  sent: string[] = [];
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {}
}

function line(beforeRetry = () => Promise.resolve(true)) {
  const sockets: FakeSocket[] = [];
  const told: string[] = [];
  const desk = new DeskLine(
    'ws://desk',
    {
      onState: (state) => told.push(state),
      onElsewhere: () => told.push('elsewhere'),
      onMessage: (message) => told.push(JSON.stringify(message)),
      beforeRetry,
    },
    () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
  );
  desk.start();
  return { desk, sockets, told };
}

test('given a ping when it comes then it is answered at once and the line is open', () => {
  const { desk, sockets, told } = line();
  sockets[0]!.onmessage!({ data: '{"type":"ping"}' });
  expect(sockets[0]!.sent).toEqual(['{"type":"pong"}']);
  expect(told.at(-1)).toBe('open');
  desk.stop();
});

test('given a line that falls silent when five seconds pass then it is lost and tried again a second later', async () => {
  vi.useFakeTimers();
  const { desk, sockets, told } = line();
  sockets[0]!.onmessage!({ data: '{"type":"ping"}' });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(told.at(-1)).toBe('lost');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sockets).toHaveLength(2);
  desk.stop();
  vi.useRealTimers();
});

test('given a phone that is another tab’s when the line ends then it is not tried again', async () => {
  vi.useFakeTimers();
  const { sockets, told } = line();
  sockets[0]!.onclose!({ code: CLOSED_ELSEWHERE });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told.at(-1)).toBe('elsewhere');
  expect(sockets).toHaveLength(1);
  vi.useRealTimers();
});

test('given a held caller when Esc is pressed then nobody is dropped: it takes back, or means nothing', () => {
  for (const state of ['ringing', 'calling', 'talking', 'holding', 'asking', 'consulting', 'conference'] as const) {
    const meant = keysOf(state, true).find((one) => one.key === 'Escape');
    expect([undefined, 'resume']).toContain(meant?.act);
  }
});

test('given any state when its keys are listed then none belongs to the browser and none means two things', () => {
  for (const state of ['ringing', 'calling', 'talking', 'holding', 'asking', 'consulting', 'conference'] as const) {
    const keys = keysOf(state, true).map((one) => one.key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.filter((key) => ['F1', 'F5', 'F11', 'F12'].includes(key))).toEqual([]);
  }
});

test('given a telephone beside the page when it rings then the page offers no answer', () => {
  expect(keysOf('ringing', false)).toEqual([]);
});
