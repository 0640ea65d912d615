import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue';

export const SPEEDS = [0.75, 1, 1.25, 1.5, 2] as const;

/** Seconds by which the arrow keys move. */
export const STEP = 5;

/** Playing one recording: state and controls of an audio element. Nothing is fetched before the first play. */
export function usePlayer(audio: Readonly<Ref<HTMLAudioElement | null>>, knownSeconds: () => number) {
  const isPlaying = ref(false);
  const isWaiting = ref(false);
  const hasFailed = ref(false);
  const position = ref(0);
  const length = ref(knownSeconds());
  const speed = ref(1);

  async function toggle(): Promise<void> {
    const element = audio.value;
    if (element === null) return;
    if (!element.paused) return element.pause();
    if (hasFailed.value) element.load();
    hasFailed.value = false;
    // A refused play also arrives as the element's `error` event, which is where it is told to the reader.
    await element.play().catch(() => undefined);
  }

  function seek(seconds: number): void {
    position.value = Math.min(Math.max(0, seconds), length.value);
    if (audio.value !== null) audio.value.currentTime = position.value;
  }

  function setSpeed(value: number): void {
    speed.value = value;
    if (audio.value !== null) audio.value.playbackRate = value;
  }

  const listeners: Record<string, (element: HTMLAudioElement) => void> = {
    play: () => (isPlaying.value = true),
    pause: () => (isPlaying.value = false),
    waiting: () => (isWaiting.value = true),
    playing: () => (isWaiting.value = false),
    timeupdate: (element) => (position.value = element.currentTime),
    durationchange: (element) => Number.isFinite(element.duration) && (length.value = element.duration),
    loadedmetadata: (element) => {
      element.playbackRate = speed.value;
      if (position.value > 0) element.currentTime = position.value;
    },
    error: () => {
      hasFailed.value = true;
      isPlaying.value = isWaiting.value = false;
    },
  };

  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || isForTheFocus(event)) return;
    if (event.key === ' ') void toggle();
    else if (event.key === 'ArrowLeft') seek(position.value - STEP);
    else if (event.key === 'ArrowRight') seek(position.value + STEP);
    else return;
    event.preventDefault();
  }

  onMounted(() => {
    const element = audio.value;
    if (element === null) return;
    for (const [name, listener] of Object.entries(listeners)) element.addEventListener(name, () => listener(element));
    window.addEventListener('keydown', onKey);
  });
  onBeforeUnmount(() => {
    audio.value?.pause();
    window.removeEventListener('keydown', onKey);
  });

  return { isPlaying, isWaiting, hasFailed, position, length, speed, toggle, seek, setSpeed };
}

/** True when the key belongs to what has the focus: text being written, a list, a button pressed with the space bar. */
function isForTheFocus(event: KeyboardEvent): boolean {
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (target === null || target.closest('[data-player]'))
    return target?.tagName === 'SELECT' || (target?.tagName === 'BUTTON' && event.key === ' ');
  return (
    target.closest('input, textarea, select, button, a, [role="combobox"], [role="menu"], [role="dialog"]') !== null
  );
}
