/** A group booking while it is being written down, as the fields hold it. */

import type { Booking, BookingForm, GroupWanted, SpokenLanguage } from '@/api/reservations';
import { fenOf, yuan } from '@/money';
import { nightsBetween } from '@/time/days';
import { addDays } from '@/time/zone';

/** A reserve line: `count` rooms, or beds, of a type; `price` in yuan for one a night, empty for the list price. */
export interface LineDraft {
  type: string;
  unit: 'rooms' | 'beds';
  count: number;
  price: string;
}

export interface GroupDraft {
  groupName: string;
  groupType: string;
  booker: string;
  phone: string;
  arrival: string;
  nights: number;
  /** `HH:MM`; empty for the house's usual time. */
  arrivalTime: string;
  persons: number;
  language: SpokenLanguage;
  company: string;
  salesperson: string;
  source: string;
  guarantee: string;
  discount: number;
  discountReason: string;
  note: string;
  lines: LineDraft[];
}

export function newGroup(form: BookingForm, type: string): GroupDraft {
  return {
    groupName: '',
    groupType: '',
    booker: '',
    phone: '',
    arrival: form.arrival,
    nights: nightsBetween(form.arrival, form.departure),
    arrivalTime: '',
    persons: 1,
    language: 'zh',
    company: '',
    salesperson: '',
    source: 'agency',
    guarantee: 'none',
    discount: 0,
    discountReason: '',
    note: '',
    lines: [{ type, unit: 'rooms', count: 1, price: '' }],
  };
}

/** What a group's booking says now; `time`: the hour that was named, if any. */
export function groupOf(booking: Booking, time: string): GroupDraft {
  // A group price shows as a discount too: only one of them is sent back.
  const isPriced = booking.lines.some((line) => line.price !== line.list_price);
  return {
    groupName: booking.group_name,
    groupType: booking.group_type,
    booker: booking.booker,
    phone: booking.phone,
    arrival: booking.arrival,
    nights: nightsBetween(booking.arrival, booking.departure),
    arrivalTime: time,
    persons: booking.persons,
    language: booking.language,
    company: booking.company,
    salesperson: booking.salesperson,
    source: booking.source,
    guarantee: booking.guarantee,
    discount: isPriced ? 0 : booking.discount,
    discountReason: booking.discount_reason,
    note: booking.note,
    lines: booking.lines.map((line) => ({
      type: line.type,
      unit: line.beds > 0 ? 'beds' : 'rooms',
      count: line.beds || line.rooms,
      price: line.price === line.list_price ? '' : yuan(line.price),
    })),
  };
}

export type GroupLack = 'groupName' | 'booker' | 'lines' | 'price' | 'discountReason' | 'days';

/** What still keeps the group from being saved. */
export function groupLacks(draft: GroupDraft): GroupLack[] {
  const found: GroupLack[] = [];
  if (draft.groupName.trim() === '') found.push('groupName');
  if (draft.booker.trim() === '') found.push('booker');
  if (draft.arrival === '' || !Number.isInteger(draft.nights) || draft.nights < 1) found.push('days');
  if (draft.lines.length === 0 || draft.lines.some((line) => line.type === '' || !(line.count >= 1)))
    found.push('lines');
  if (draft.lines.some((line) => line.price !== '' && fenOf(line.price) === null)) found.push('price');
  const isReduced = draft.discount > 0 || draft.lines.some((line) => line.price !== '');
  if (isReduced && draft.discountReason.trim() === '') found.push('discountReason');
  return found;
}

export function groupWanted(draft: GroupDraft): GroupWanted {
  return {
    group_name: draft.groupName.trim(),
    group_type: draft.groupType.trim(),
    booker: draft.booker.trim(),
    phone: draft.phone.replace(/[\s-]/g, ''),
    arrival: draft.arrival,
    departure: addDays(draft.arrival, draft.nights),
    arrival_time: draft.arrivalTime || undefined,
    persons: draft.persons,
    language: draft.language,
    extra_beds: 0,
    company: draft.company.trim(),
    salesperson: draft.salesperson.trim(),
    source: draft.source,
    guarantee: draft.guarantee,
    discount: draft.discount,
    discount_reason: draft.discountReason.trim(),
    note: draft.note.trim(),
    lines: draft.lines.map((line) => ({
      type: line.type,
      rooms: line.unit === 'rooms' ? line.count : 0,
      beds: line.unit === 'beds' ? line.count : 0,
      ...(line.price === '' ? {} : { price: fenOf(line.price) ?? undefined }),
    })),
  };
}
