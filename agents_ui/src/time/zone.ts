/** Days of the hotel's calendar as instants. A day is written `YYYY-MM-DD`. */

const MINUTE = 60_000;

/** The hotel's calendar day at this instant. */
export function dayOf(instant: Date, zone: string): string {
  return new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(instant);
}

/** The day that is `count` days later (earlier when negative). */
export function addDays(day: string, count: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
}

/** The instant at which the day begins in the hotel's zone. */
export function startOfDay(day: string, zone: string): Date {
  return instantOf(day, '00:00', zone);
}

/** The instant at which the hotel's clocks show `clock` (HH:MM) on `day`. */
export function instantOf(day: string, clock: string, zone: string): Date {
  const shown = new Date(`${day}T${clock}:00Z`);
  const guess = new Date(shown.getTime() - offsetMinutes(shown, zone) * MINUTE);
  // The offset may differ between the two instants when clocks change that night.
  return new Date(shown.getTime() - offsetMinutes(guess, zone) * MINUTE);
}

/** Minutes by which the zone is ahead of UTC at this instant. */
function offsetMinutes(instant: Date, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  }).formatToParts(instant);
  const value = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  const local = Date.UTC(value('year'), value('month') - 1, value('day'), value('hour'), value('minute'));
  return Math.round((local - Math.floor(instant.getTime() / MINUTE) * MINUTE) / MINUTE);
}
