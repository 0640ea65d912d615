/** A booking while it is being written down, as the fields hold it. */

import type { Booking, BookingForm, BookingWanted, OfferWanted, SpokenLanguage, TypeStock } from '@/api/reservations';
import { fenOf } from '@/money';
import { dayTyped, nightsBetween } from '@/time/days';
import { addDays } from '@/time/zone';

export const LONGEST_STAY = 180;
/** From this share of free rooms down a type is scarce. */
export const SCARCE = 0.2;

export interface BookingDraft {
  type: string;
  /** A day as it was typed, see `dayTyped`. */
  arrival: string;
  nights: number;
  /** `HH:MM`; empty for the house's usual time. */
  arrivalTime: string;
  booker: string;
  phone: string;
  guestId: number | null;
  language: SpokenLanguage;
  persons: number;
  rooms: number;
  /** Chosen on the room chart; empty for none. */
  room: string;
  extraBeds: number;
  /** Agreed for an extra bed a night, in yuan; empty for the fee of the type. */
  extraBedPrice: string;
  plan: string;
  discount: number;
  discountReason: string;
  company: string;
  salesperson: string;
  source: string;
  guarantee: string;
  note: string;
  /** In yuan; empty for none. */
  deposit: string;
  method: string;
  confirm: boolean;
  overbook: boolean;
  callId: number | null;
  /** Agreed for a night, in fen, where it is no discount of whole percents; null for the discounted list price. */
  price: number | null;
}

export function newDraft(form: BookingForm, language: SpokenLanguage): BookingDraft {
  return {
    type: '',
    arrival: form.arrival,
    nights: nightsBetween(form.arrival, form.departure),
    arrivalTime: '',
    booker: '',
    phone: '',
    guestId: null,
    language,
    persons: 1,
    rooms: 1,
    room: '',
    extraBeds: 0,
    extraBedPrice: '',
    plan: '',
    discount: 0,
    discountReason: '',
    company: '',
    salesperson: '',
    source: 'phone',
    guarantee: 'none',
    note: '',
    deposit: '',
    method: 'cash',
    confirm: true,
    overbook: false,
    callId: null,
    price: null,
  };
}

/** What an individual booking says now, to be changed; `time`: the hour that the guest named, if any. */
export function draftOf(booking: Booking, time: string): Partial<BookingDraft> {
  const line = booking.lines[0];
  // Discounted prices are rounded to whole yuan.
  const isAgreed = line !== undefined && Math.abs(line.price - (line.list_price * (100 - booking.discount)) / 100) > 50;
  return {
    type: line?.type ?? '',
    arrival: booking.arrival,
    nights: nightsBetween(booking.arrival, booking.departure),
    arrivalTime: time,
    booker: booking.booker,
    phone: booking.phone,
    guestId: booking.guest_id,
    language: booking.language,
    persons: booking.persons,
    extraBeds: booking.extra_beds,
    extraBedPrice: booking.extra_beds > 0 ? String(booking.extra_bed_price / 100) : '',
    plan: booking.plan,
    discount: booking.discount,
    discountReason: booking.discount_reason,
    company: booking.company,
    salesperson: booking.salesperson,
    source: booking.source,
    guarantee: booking.guarantee,
    note: booking.note,
    callId: booking.call_id,
    price: isAgreed && new Set(line.nightly).size === 1 ? line.price : null,
  };
}

export interface Stay {
  arrival: string;
  departure: string;
}

/** The days that are meant; null where the fields name none. */
export function stayOf(draft: BookingDraft, today: string): Stay | null {
  const arrival = dayTyped(draft.arrival, today);
  if (arrival === null || !Number.isInteger(draft.nights) || draft.nights < 1 || draft.nights > LONGEST_STAY)
    return null;
  return { arrival, departure: addDays(arrival, draft.nights) };
}

export type Missing =
  'type' | 'arrival' | 'nights' | 'booker' | 'discountReason' | 'discount' | 'extraBedPrice' | 'deposit' | 'soldOut';

/** What still keeps the booking from being saved, in the order of the fields; of a `present` one its room counts. */
export function missingOf(
  draft: BookingDraft,
  form: BookingForm,
  types: TypeStock[],
  present: Booking | null = null,
): Missing[] {
  const found: Missing[] = [];
  if (draft.type === '') found.push('type');
  const arrival = dayTyped(draft.arrival, form.today);
  if (arrival === null || (arrival < form.today && arrival !== present?.arrival)) found.push('arrival');
  else if (stayOf(draft, form.today) === null) found.push('nights');
  if (draft.booker.trim() === '') found.push('booker');
  if (draft.discount > form.discount_ceiling && draft.discount !== present?.discount) found.push('discount');
  if (draft.discount > 0 && draft.discountReason.trim() === '') found.push('discountReason');
  if (draft.extraBeds > 0 && draft.extraBedPrice.trim() !== '' && fenOf(draft.extraBedPrice) === null)
    found.push('extraBedPrice');
  if (draft.deposit.trim() !== '' && !fenOf(draft.deposit)) found.push('deposit');
  const stock = types.find((known) => known.type === draft.type);
  if (present === null && stock && freeFor(stock, draft.nights) < draft.rooms && !draft.overbook) found.push('soldOut');
  return found;
}

/** Rooms of a type that are free in each of the first `nights` nights of what was asked for. */
export function freeFor(stock: TypeStock, nights: number): number {
  return Math.min(...stock.nights.slice(0, Math.max(1, nights)).map((night) => night.free));
}

/** Whether so few rooms are left in one of the nights that a booking should get its room at once (分房). */
export function isScarce(stock: TypeStock, nights: number): boolean {
  return stock.nights.slice(0, Math.max(1, nights)).some((night) => night.free <= night.rooms * SCARCE);
}

/** List price of the first `nights` nights together, in fen. */
export function priceFor(stock: TypeStock, nights: number): number {
  return stock.nights.slice(0, Math.max(1, nights)).reduce((sum, night) => sum + night.price, 0);
}

export function offerOf(draft: BookingDraft, stay: Stay): OfferWanted {
  return {
    type: draft.type,
    ...stay,
    plan: draft.plan || undefined,
    discount: draft.discount,
    extra_beds: draft.extraBeds,
    extra_bed_price: draft.extraBeds > 0 ? (fenOf(draft.extraBedPrice) ?? undefined) : undefined,
    price: draft.price ?? undefined,
    guest_id: draft.guestId ?? undefined,
    phone: draft.phone.replace(/[\s-]/g, ''),
  };
}

export function wantedOf(draft: BookingDraft, stay: Stay): BookingWanted {
  return {
    ...offerOf(draft, stay),
    arrival_time: draft.arrivalTime || undefined,
    booker: draft.booker.trim(),
    language: draft.language,
    persons: draft.persons,
    discount_reason: draft.discountReason.trim(),
    company: draft.company.trim(),
    salesperson: draft.salesperson.trim(),
    source: draft.source,
    guarantee: draft.guarantee,
    note: draft.note.trim(),
    confirm: draft.confirm,
    room: draft.room || undefined,
    overbook: draft.overbook,
    call_id: draft.callId ?? undefined,
  };
}
