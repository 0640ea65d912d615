/** Days of the hotel as people write and say them. A day is `YYYY-MM-DD`; it has no zone. */

import type { Language } from './format';
import { addDays } from './zone';

const LOCALES: Record<Language, string> = { zh: 'zh-CN', en: 'en-GB' };

const at = (day: string): Date => new Date(`${day}T00:00:00Z`);

function format(language: Language, options: Intl.DateTimeFormatOptions, day: string): string {
  return new Intl.DateTimeFormat(LOCALES[language], { timeZone: 'UTC', ...options }).format(at(day));
}

/** 11-22 周日, Sun 22 Nov. */
export function dayShort(day: string, language: Language): string {
  if (language === 'zh') return `${day.slice(5)} ${weekday(day, 'zh')}`;
  return format('en', { weekday: 'short', day: 'numeric', month: 'short' }, day).replace(',', '');
}

/** 11月22日（周日）, Sunday 22 November: as one says it. */
export function daySpoken(day: string, language: Language): string {
  if (language === 'zh') return `${format('zh', { month: 'long', day: 'numeric' }, day)}（${weekday(day, 'zh')}）`;
  return format('en', { weekday: 'long', day: 'numeric', month: 'long' }, day).replace(',', '');
}

export function weekday(day: string, language: Language): string {
  return format(language, { weekday: 'short' }, day);
}

export function isWeekend(day: string): boolean {
  return [0, 6].includes(at(day).getUTCDay());
}

/** 2026年11月, November 2026. */
export function monthName(day: string, language: Language): string {
  return format(language, { month: 'long', year: 'numeric' }, day);
}

export function nightsBetween(arrival: string, departure: string): number {
  return Math.round((at(departure).getTime() - at(arrival).getTime()) / 86_400_000);
}

/**
 * The day that is meant by what is typed: `25` the next 25th, `1225` or `12-25` the next 25 December, `+3` in three
 * days, `2026-12-25` or `20261225` as it stands. Null for what is no day.
 */
export function dayTyped(text: string, today: string): string | null {
  const typed = text.trim();
  if (/^\+\d{1,3}$/.test(typed)) return addDays(today, Number(typed.slice(1)));
  const whole = /^(\d{4})[-./]?(\d{2})[-./]?(\d{2})$/.exec(typed);
  if (whole) return existing(`${whole[1]}-${whole[2]}-${whole[3]}`);
  const monthDay = /^(\d{1,2})[-./](\d{1,2})$/.exec(typed) ?? /^(\d{2})(\d{2})$/.exec(typed);
  if (monthDay) return nextIn([0, 12], monthDay[1]!, monthDay[2]!, today);
  return /^\d{1,2}$/.test(typed) ? nextIn([0, 1, 2], today.slice(5, 7), typed, today) : null;
}

/** The first day not before `today` among those `offsets` months after that day of this year. */
function nextIn(offsets: number[], month: string, day: string, today: string): string | null {
  for (const offset of offsets) {
    const months = Number(today.slice(0, 4)) * 12 + Number(month) - 1 + offset;
    const two = (value: number | string): string => String(value).padStart(2, '0');
    if (Number(month) < 1 || Number(month) > 12) return null;
    const found = existing(`${Math.floor(months / 12)}-${two((months % 12) + 1)}-${two(day)}`);
    if (found !== null && found >= today) return found;
  }
  return null;
}

function existing(day: string): string | null {
  const date = at(day);
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === day ? day : null;
}
