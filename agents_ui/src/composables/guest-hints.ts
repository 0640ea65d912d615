import { onBeforeUnmount, ref, shallowRef } from 'vue';
import { searchGuests, type GuestHit } from '@/api/guest-search';
import { wasAborted } from '@/api/http';

/** Milliseconds after the last key. */
const TYPING = 200;

/** Cards of guests whose name or number is being typed; `marked` is the one that Enter takes, -1 for none. */
export function useGuestHints() {
  const hits = shallowRef<GuestHit[]>([]);
  const marked = ref(-1);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | null = null;

  function look(text: string): void {
    clearTimeout(timer);
    marked.value = -1;
    const wanted = text.trim();
    if (wanted === '') {
      running?.abort();
      hits.value = [];
      return;
    }
    timer = setTimeout(() => void find(wanted), TYPING);
  }

  /** The cards found; none where the search did not answer, for a booking goes on without. */
  async function find(text: string): Promise<GuestHit[]> {
    running?.abort();
    const mine = (running = new AbortController());
    try {
      hits.value = (await searchGuests(text, mine.signal)).items;
    } catch (error) {
      if (!wasAborted(error)) hits.value = [];
    }
    return hits.value;
  }

  function move(step: 1 | -1): void {
    const count = hits.value.length;
    marked.value = Math.max(-1, Math.min(count - 1, marked.value + step));
  }

  function clear(): void {
    clearTimeout(timer);
    hits.value = [];
    marked.value = -1;
  }

  onBeforeUnmount(() => {
    clearTimeout(timer);
    running?.abort();
  });
  return { hits, marked, look, find, move, clear };
}
