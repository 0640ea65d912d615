import { useRouter } from 'vue-router';
import type { BookingRow } from '@/api/reservations';
import { heldOf } from '@/booking/allocation';
import { useSessionStore } from '@/stores/session';
import { dayOf } from '@/time/zone';

/** From a booking to the form of the check-in, which takes the booking's data over (requirements 3). */
export function useCheckIn() {
  const router = useRouter();
  const session = useSessionStore();

  function mayCheckIn(booking: BookingRow): boolean {
    const today = dayOf(new Date(), session.session?.hotel.timezone ?? 'UTC');
    // A no-show who comes late is registered as if he had been expected all the time.
    const comes = ['confirmed', 'unconfirmed', 'no_show'].includes(booking.state) && booking.kind !== 'meeting';
    return comes && booking.arrival <= today && booking.departure > today && session.may('stays.manage');
  }

  function checkIn(booking: BookingRow): void {
    const room = heldOf(booking.rooms)[0]?.room;
    void router.push({ name: 'check-in', query: { booking: booking.number, ...(room ? { room } : {}) } });
  }

  return { mayCheckIn, checkIn };
}
