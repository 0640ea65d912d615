import { onBeforeUnmount, watch } from 'vue';
import { useLiveStore } from '@/stores/live';

/** Milliseconds that a list waits after a change before it is read anew: records are written in batches. */
const SETTLING = 800;

/** Reads a list anew, soon after something of `subjects` changed (`calls`: a call ended). */
export function useChanges(subjects: string[], read: () => void): void {
  const live = useLiveStore();
  let settling: ReturnType<typeof setTimeout>;
  watch(
    () => [...subjects, 'snapshot'].map((subject) => live.changes.get(subject) ?? 0).join(),
    () => {
      clearTimeout(settling);
      settling = setTimeout(read, SETTLING);
    },
  );
  onBeforeUnmount(() => clearTimeout(settling));
}
