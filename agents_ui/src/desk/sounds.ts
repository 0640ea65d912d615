/** What the desk sounds like: its ring, as telephones in China have it, and a reminder of those on hold. */

/** Hertz, milliseconds. */
const RING = { pitch: 450, on: 1_000, every: 5_000 };
const REMINDER = { pitch: 880, on: 180, every: 10_000 };
const VOLUME = 0.15;

export type DeskSound = 'none' | 'ring' | 'reminder';

export class DeskSounds {
  private context: AudioContext | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private playing: DeskSound = 'none';

  play(sound: DeskSound): void {
    if (sound === this.playing) return;
    clearInterval(this.timer);
    this.playing = sound;
    if (sound === 'none') return void this.context?.suspend();
    const { pitch, on, every } = sound === 'ring' ? RING : REMINDER;
    this.context ??= new AudioContext();
    void this.context.resume();
    this.tone(pitch, on);
    this.timer = setInterval(() => this.tone(pitch, on), every);
  }

  private tone(pitch: number, milliseconds: number): void {
    if (this.context === null) return;
    const [source, volume] = [this.context.createOscillator(), this.context.createGain()];
    source.frequency.value = pitch;
    volume.gain.value = VOLUME;
    source.connect(volume).connect(this.context.destination);
    source.start();
    source.stop(this.context.currentTime + milliseconds / 1000);
  }
}
