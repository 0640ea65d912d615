import { onBeforeUnmount, onMounted } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import { isComposing } from '@/booking/steps';
import { useSessionStore } from '@/stores/session';

/** F2 opens a new booking from every page; the page of the booking itself knows what the key means there. */
export function useBookingKey(): void {
  const router = useRouter();
  const route = useRoute();
  const session = useSessionStore();

  function onKey(event: KeyboardEvent): void {
    const isPlain = !event.ctrlKey && !event.altKey && !event.shiftKey && !event.metaKey;
    if (event.key !== 'F2' || !isPlain || isComposing(event)) return;
    if (route.name === 'booking' || !session.may('reservations.write')) return;
    event.preventDefault();
    void router.push({ name: 'booking', query: route.name === 'call' ? { call: String(route.params.id) } : {} });
  }

  onMounted(() => window.addEventListener('keydown', onKey));
  onBeforeUnmount(() => window.removeEventListener('keydown', onKey));
}
