/** The line over which the application hears this page: it pings, and every ping is answered at once. */

/** Milliseconds. The application pings every second: silence for longer means that nothing gets through. */
const SILENCE = 5_000;
const RETRY = 1_000;

/** The application's code for a page whose phone is another tab's now, or nobody's. */
export const CLOSED_ELSEWHERE = 4409;

export type LineState = 'connecting' | 'open' | 'lost';

export interface LineHooks {
  onState(state: LineState): void;
  /** The phone is this tab's no more. */
  onElsewhere(): void;
  /** A message other than a ping. */
  onMessage(message: unknown): void;
  /** Called before every attempt but the first: the application may have been restarted. False gives up. */
  beforeRetry(): Promise<boolean>;
}

export class DeskLine {
  private socket: WebSocket | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(
    private readonly address: string,
    private readonly hooks: LineHooks,
    private readonly open: (address: string) => WebSocket = (to) => new WebSocket(to),
  ) {}

  start(): void {
    this.hooks.onState('connecting');
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.retry);
    this.drop();
  }

  private connect(): void {
    const socket = this.open(this.address);
    this.socket = socket;
    socket.onmessage = (event: MessageEvent<string>) => this.hear(socket, event.data);
    socket.onclose = (event) => this.closed(event.code);
    this.expect();
  }

  private hear(socket: WebSocket, text: string): void {
    const message = JSON.parse(text) as { type: string };
    this.expect();
    if (message.type !== 'ping') return this.hooks.onMessage(message);
    socket.send('{"type":"pong"}');
    this.hooks.onState('open');
  }

  private expect(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.closed(0), SILENCE);
  }

  private closed(code: number): void {
    this.drop();
    if (code === CLOSED_ELSEWHERE) return this.hooks.onElsewhere();
    this.hooks.onState('lost');
    this.retry = setTimeout(() => void this.again(), RETRY);
  }

  private async again(): Promise<void> {
    const may = await this.hooks.beforeRetry();
    if (may && !this.stopped) this.connect();
  }

  private drop(): void {
    clearTimeout(this.silence);
    if (this.socket === null) return;
    this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.socket = null;
  }
}
