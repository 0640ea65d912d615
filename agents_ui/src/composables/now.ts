import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue';
import { useLiveStore } from '@/stores/live';

/** The application's time in milliseconds, kept up to date while the component is shown. */
export function useNow(everyMilliseconds = 500): Ref<number> {
  const live = useLiveStore();
  const read = (): number => Date.now() + live.clockOffset;
  const now = ref(read());
  let timer: ReturnType<typeof setInterval>;
  onMounted(() => (timer = setInterval(() => (now.value = read()), everyMilliseconds)));
  onBeforeUnmount(() => clearInterval(timer));
  return now;
}
