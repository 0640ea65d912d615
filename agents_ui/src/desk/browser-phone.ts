/** The telephone in the page: registers at the exchange, rings, and carries the sound of one call. */

import { UA, WebSocketInterface } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { PhoneAccount } from '@/api/desk';

/** Seconds. A phone that was away is to be back within fifteen. */
const LONGEST_RETRY = 3;
const REGISTERED_FOR = 60;
/** Milliseconds. */
const ANSWER_AHEAD = 2_000;
const BUSY = 486;
const DECLINED = 603;

export type SoundState = 'idle' | 'ringing' | 'calling' | 'talking';

export interface PhoneHooks {
  onRegistered(registered: boolean): void;
  /** What this phone does; `caller` is the number that the exchange shows. */
  onCall(state: SoundState, caller: string): void;
  onMicrophoneLost(): void;
}

/** Ask for the microphone, which is kept open while the desk is: a call is then answered without delay. Raises. */
export function openMicrophone(): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  });
}

export class BrowserPhone {
  private readonly ua: UA;
  private session: RTCSession | null = null;
  private readonly sound = new Audio();
  /** Until when (milliseconds) a call that comes is one that was answered already. */
  private answeredUntil = 0;

  constructor(
    account: PhoneAccount,
    address: string,
    private readonly microphone: MediaStream,
    private readonly hooks: PhoneHooks,
  ) {
    this.sound.autoplay = true;
    for (const track of microphone.getTracks()) track.addEventListener('ended', () => hooks.onMicrophoneLost());
    this.ua = new UA({
      sockets: [new WebSocketInterface(address)],
      uri: account.address,
      authorization_user: account.username,
      password: account.password,
      register_expires: REGISTERED_FOR,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: LONGEST_RETRY,
    });
    this.ua.on('registered', () => hooks.onRegistered(true));
    this.ua.on('unregistered', () => hooks.onRegistered(false));
    this.ua.on('registrationFailed', () => hooks.onRegistered(false));
    this.ua.on('disconnected', () => hooks.onRegistered(false));
    this.ua.on('newRTCSession', ({ session }: { session: RTCSession }) => this.take(session));
  }

  start(): void {
    this.ua.start();
  }

  /** End for good. With `leave` a call is not hung up: the exchange looks after its caller. */
  stop(leave: boolean): void {
    this.ua.removeAllListeners();
    this.session?.removeAllListeners();
    if (leave) {
      this.session?.connection?.close();
      (this.ua as UA & { transport: { disconnect(): void } }).transport.disconnect();
    }
    this.session = null;
    this.ua.stop();
    this.microphone.getTracks().forEach((track) => track.stop());
  }

  /** The application may tell of the ringing a moment before the call itself is here: it is answered when it comes. */
  answer(): void {
    if (this.session === null) this.answeredUntil = Date.now() + ANSWER_AHEAD;
    if (this.session?.direction !== 'incoming' || !this.session.isInProgress()) return;
    this.session.answer({ mediaStream: this.microphone, pcConfig: { iceServers: [] } });
  }

  reject(): void {
    if (this.session?.isInProgress()) this.session.terminate({ status_code: DECLINED });
  }

  hangUp(): void {
    if (this.session !== null && !this.session.isEnded()) this.session.terminate();
  }

  call(number: string): void {
    this.ua.call(number, { mediaStream: this.microphone, pcConfig: { iceServers: [] } });
  }

  mute(muted: boolean): void {
    this.microphone.getAudioTracks().forEach((track) => (track.enabled = !muted));
  }

  private take(session: RTCSession): void {
    if (this.session !== null) {
      session.terminate({ status_code: BUSY });
      return;
    }
    this.session = session;
    const caller = session.remote_identity.uri.user ?? '';
    const incoming = session.direction === 'incoming';
    session.on('accepted', () => this.hooks.onCall('talking', caller));
    session.on('ended', () => this.over(session));
    session.on('failed', () => this.over(session));
    // An outgoing call has its connection already, an incoming one gets it when it is answered.
    if (incoming) session.on('peerconnection', ({ peerconnection }) => this.listen(peerconnection));
    else this.listen(session.connection);
    this.hooks.onCall(incoming ? 'ringing' : 'calling', caller);
    if (incoming && Date.now() < this.answeredUntil) this.answer();
    this.answeredUntil = 0;
  }

  private listen(connection: RTCPeerConnection): void {
    connection.addEventListener('track', ({ track }) => {
      this.sound.srcObject = new MediaStream([track]);
    });
  }

  private over(session: RTCSession): void {
    if (this.session !== session) return;
    this.session = null;
    this.sound.srcObject = null;
    this.mute(false);
    this.hooks.onCall('idle', '');
  }
}
