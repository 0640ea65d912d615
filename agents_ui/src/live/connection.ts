/** The live socket: kept open for ever, with back-off between attempts and a ping that notices a dead peer. */

import type { LiveMessage } from '@/api/types';

export type ConnectionState = 'connecting' | 'open' | 'lost';

export interface ConnectionHooks {
  onMessage(message: LiveMessage): void;
  onState(state: ConnectionState): void;
  /** After every failed attempt or loss: the moment to look whether the session still lives. */
  onFailure(): void;
}

/** Milliseconds. */
const PING_EVERY = 15_000;
const PONG_WITHIN = 8_000;
const FIRST_DELAY = 500;
const LONGEST_DELAY = 10_000;

/** Delay before attempt `attempt` (counted from 0): doubling up to a limit, spread by `random` in [0, 1). */
export function backOff(attempt: number, random: number): number {
  const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** attempt);
  return longest / 2 + (longest / 2) * random;
}

export class LiveConnection {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private ping: ReturnType<typeof setInterval> | undefined;
  private deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(
    /** Asked anew for every attempt. */
    private readonly address: () => string,
    private readonly hooks: ConnectionHooks,
    private readonly open: (address: string) => WebSocket = (to) => new WebSocket(to),
  ) {}

  start(): void {
    this.connect();
  }

  stop(): void {
    clearTimeout(this.retry);
    this.drop();
  }

  /** Come back for what is missing, which the application sends on every connect. */
  renew(): void {
    this.drop();
    this.retry = setTimeout(() => this.connect(), backOff(0, Math.random()));
  }

  private connect(): void {
    this.hooks.onState(this.attempt === 0 ? 'connecting' : 'lost');
    const socket = this.open(this.address());
    this.socket = socket;
    socket.onopen = () => this.watch(socket);
    socket.onmessage = (event: MessageEvent<string>) => this.hear(event.data);
    socket.onclose = () => this.lost();
  }

  private watch(socket: WebSocket): void {
    this.hooks.onState('open');
    this.ping = setInterval(() => {
      socket.send(JSON.stringify({ type: 'ping' }));
      clearTimeout(this.deadline);
      this.deadline = setTimeout(() => this.lost(), PONG_WITHIN);
    }, PING_EVERY);
  }

  private hear(data: string): void {
    clearTimeout(this.deadline);
    const message = JSON.parse(data) as LiveMessage;
    // Only its first message shows that the application serves us; an accepted socket alone does not end the back-off.
    if (message.type === 'snapshot' || message.type === 'resumed') this.attempt = 0;
    this.hooks.onMessage(message);
  }

  private lost(): void {
    this.drop();
    this.hooks.onState('lost');
    this.hooks.onFailure();
    this.retry = setTimeout(() => this.connect(), backOff(this.attempt, Math.random()));
    this.attempt += 1;
  }

  private drop(): void {
    clearInterval(this.ping);
    clearTimeout(this.deadline);
    if (this.socket === null) return;
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.socket = null;
  }
}
