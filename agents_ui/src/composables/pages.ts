import { onBeforeUnmount, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { wasAborted } from '@/api/http';
import type { Page } from '@/api/types';
import { useProblemWords } from './problem';

const PAGE = 50;

export type Fetch<Query, Row> = (
  query: Query & { limit: number; after?: string },
  signal: AbortSignal,
) => Promise<Page<Row>>;

export interface Pages<Query, Row> {
  rows: ShallowRef<Row[]>;
  next: Ref<string | null>;
  isLoading: Ref<boolean>;
  error: Ref<string>;
  reload(query: Query): Promise<void>;
  more(): Promise<void>;
}

/** A long list, newest first: `reload` begins anew with a query, `more` appends the next page. */
export function usePages<Query extends object, Row>(fetch: Fetch<Query, Row>): Pages<Query, Row> {
  const words = useProblemWords();
  const rows = shallowRef<Row[]>([]);
  const next = ref<string | null>(null);
  const isLoading = ref(false);
  const error = ref('');
  let query = {} as Query;
  let running: AbortController | null = null;

  async function fetchPage(after: string | undefined, before: Row[]): Promise<void> {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    isLoading.value = true;
    try {
      const page = await fetch({ ...query, limit: PAGE, after }, mine.signal);
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

  function reload(given: Query): Promise<void> {
    query = given;
    return fetchPage(undefined, []);
  }

  function more(): Promise<void> {
    return fetchPage(next.value ?? undefined, rows.value);
  }

  onBeforeUnmount(() => running?.abort());
  return { rows, next, isLoading, error, reload, more };
}
