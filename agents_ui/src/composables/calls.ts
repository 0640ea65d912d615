import { onBeforeUnmount, ref, shallowRef } from 'vue';
import { api, type CallQuery } from '@/api';
import { wasAborted } from '@/api/http';
import type { CallRow } from '@/api/types';
import { useProblemWords } from './problem';

const PAGE = 50;

/** The list of calls, newest first: `reload` begins anew with a query, `more` appends the next page. */
export function useCalls() {
  const words = useProblemWords();
  const rows = shallowRef<CallRow[]>([]);
  const next = ref<string | null>(null);
  const isLoading = ref(false);
  const error = ref('');
  let query: CallQuery = {};
  let running: AbortController | null = null;

  async function fetchPage(after: string | undefined, before: CallRow[]): Promise<void> {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    isLoading.value = true;
    try {
      const page = await api.calls({ ...query, limit: PAGE, after }, mine.signal);
      rows.value = [...before, ...page.items];
      next.value = page.next;
      error.value = '';
    } catch (problem) {
      if (wasAborted(problem)) return;
      error.value = words(problem);
    } finally {
      if (running === mine) isLoading.value = false;
    }
  }

  function reload(given: CallQuery): Promise<void> {
    query = given;
    return fetchPage(undefined, []);
  }

  function more(): Promise<void> {
    return fetchPage(next.value ?? undefined, rows.value);
  }

  onBeforeUnmount(() => running?.abort());
  return { rows, next, isLoading, error, reload, more };
}
