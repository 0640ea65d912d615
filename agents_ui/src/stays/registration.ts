/** The persons of a check-in form: from a booking, from a card, and as they are sent (requirements 3 and 4). */

import type { Booking } from '@/api/reservations';
import type { KnownPerson } from '@/api/stays';

export interface PersonForm {
  guest_id: number | null;
  name: string;
  /** English names of guests from abroad; they are sent as one name. */
  surname: string;
  given_name: string;
  phone: string;
  foreign: boolean;
  document_type: string;
  document_number: string;
  nationality: string;
  origin: string;
  sex: string;
  birthday: string;
  address: string;
  /** The document on the card that was chosen, masked: it is filled in when the guest is registered. */
  known_document: string;
}

export const newPerson = (name = ''): PersonForm => ({
  guest_id: null,
  name,
  surname: '',
  given_name: '',
  phone: '',
  foreign: false,
  document_type: 'id_card',
  document_number: '',
  nationality: '',
  origin: '',
  sex: '',
  birthday: '',
  address: '',
  known_document: '',
});

/** A masked number was not typed and says nothing. */
const isMasked = (number: string): boolean => number.includes('*');

/** The persons of a booking, or who booked where none is entered. */
export function personsOf(booking: Booking): PersonForm[] {
  const entered = booking.guests.map((guest) => ({
    ...newPerson(guest.name),
    guest_id: guest.guest_id,
    surname: guest.surname,
    given_name: guest.given_name,
    foreign: guest.is_foreign,
    document_type: guest.document_type,
    document_number: isMasked(guest.document_number) ? '' : guest.document_number,
    nationality: guest.nationality,
    origin: guest.origin,
    sex: guest.sex,
    birthday: guest.birthday ?? '',
    address: guest.address,
    known_document: isMasked(guest.document_number) ? guest.document_number : '',
  }));
  const booker = { ...newPerson(booking.booker), guest_id: booking.guest_id, phone: booking.phone };
  return entered.length > 0 ? entered : [booker];
}

/** What a card says, once the operator has said that it is this person's. */
export function fromCard(known: KnownPerson): Partial<PersonForm> {
  const foreign = known.document_type === 'passport';
  const [surname = '', ...given] = (known.latin || known.name).split(' ');
  return {
    guest_id: known.guest_id,
    name: known.name || known.latin,
    ...(foreign ? { foreign, surname, given_name: given.join(' ') } : { foreign: false }),
    phone: known.phone,
    document_type: known.document_type || 'id_card',
    document_number: '',
    known_document: known.document,
    nationality: known.nationality,
    origin: known.origin,
    sex: known.sex,
    birthday: known.birthday ?? '',
    address: known.address,
  };
}

export const nameOf = (person: PersonForm): string =>
  (person.foreign ? `${person.surname.trim()} ${person.given_name.trim()}`.trim() : '') || person.name.trim();

/** As it is sent; a telephone number that is masked is left to the card. */
export function sent(person: PersonForm): Record<string, unknown> {
  return {
    name: nameOf(person),
    guest_id: person.guest_id,
    phone: isMasked(person.phone) ? '' : person.phone,
    foreign: person.foreign,
    document_type: person.document_type,
    document_number: person.document_number,
    nationality: person.nationality,
    origin: person.origin,
    sex: person.sex,
    birthday: person.birthday || null,
    address: person.address,
  };
}
