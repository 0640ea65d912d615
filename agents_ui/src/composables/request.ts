import { onBeforeUnmount, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { wasAborted } from '@/api/http';
import { useProblemWords } from './problem';

export interface Loading<T> {
  data: ShallowRef<T | null>;
  isLoading: Ref<boolean>;
  /** What went wrong, in words; empty when nothing did. */
  error: Ref<string>;
  load(): Promise<void>;
}

/** One answer of the application: `load` fetches it anew, a newer request ends an older one. */
export function useLoading<T>(fetch: (signal: AbortSignal) => Promise<T>): Loading<T> {
  const words = useProblemWords();
  const data = shallowRef<T | null>(null);
  const isLoading = ref(false);
  const error = ref('');
  let running: AbortController | null = null;

  async function load(): Promise<void> {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    isLoading.value = true;
    try {
      data.value = await fetch(mine.signal);
      error.value = '';
    } catch (problem) {
      if (wasAborted(problem)) return;
      error.value = words(problem);
    } finally {
      if (running === mine) isLoading.value = false;
    }
  }

  onBeforeUnmount(() => running?.abort());
  return { data, isLoading, error, load };
}
