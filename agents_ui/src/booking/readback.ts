/** What the operator reads back to the caller before hanging up, in the caller's language. */

import type { Offer, TypeStock } from '@/api/reservations';
import { yuan } from '@/money';
import { daySpoken, nightsBetween } from '@/time/days';
import type { BookingDraft, Stay } from './draft';

/** Says a text in a language that may not be the reader's. */
export type Say = (key: string, params: Record<string, string | number>) => string;

export function readBack(
  say: Say,
  draft: BookingDraft,
  stay: Stay,
  stock: TypeStock,
  offer: Offer,
  usualTime: string,
): string {
  const { language, rooms } = draft;
  const nights = nightsBetween(stay.arrival, stay.departure);
  return say('booking.readback', {
    name: draft.booker.trim(),
    type: language === 'zh' ? stock.name_zh : stock.name_en,
    rooms: rooms === 1 ? say('booking.oneRoom', {}) : say('booking.manyRooms', { count: rooms }),
    arrival: daySpoken(stay.arrival, language),
    departure: daySpoken(stay.departure, language),
    nights: nights === 1 ? say('booking.oneNight', {}) : say('booking.manyNights', { count: nights }),
    time: draft.arrivalTime || usualTime.slice(0, 5),
    price: yuan(offer.line.price),
    total: yuan(offer.total * rooms),
  });
}
