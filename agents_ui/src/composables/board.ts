import { computed, onBeforeUnmount, onMounted } from 'vue';
import { floorApi } from '@/api/floor';
import { callersOf } from '@/floor/waiting';
import { useLiveStore } from '@/stores/live';
import { useChanges } from './changes';
import { useLoading } from './request';

/** Milliseconds after which the board is read anew when nothing told of a change: rates move with the day. */
const EVERY = 15_000;

/** The supervisors' board, kept up to date while the component is shown. */
export function useBoard() {
  const live = useLiveStore();
  const { data, error, load } = useLoading(floorApi.board);
  const callers = computed(() => callersOf(live.calls, data.value?.waiting ?? []));
  let timer: ReturnType<typeof setInterval>;
  onMounted(() => {
    void load();
    timer = setInterval(() => void load(), EVERY);
  });
  onBeforeUnmount(() => clearInterval(timer));
  useChanges(['agents', 'calls', 'due_calls'], () => void load());
  return { board: data, error, load, callers };
}
