/** Writing instants and durations: one formatter a language, always in the hotel's time zone. */

export type Language = 'zh' | 'en';

export interface TimeFormatter {
  /** 14:03:27 */
  time(instant: string): string;
  /** 11-21 14:03:27 in Chinese, 21 Nov 14:03:27 in English. */
  dateTime(instant: string): string;
  /** 2026年11月21日 周六 14:03:27 and so on. */
  full(instant: string): string;
  /** The hour that begins at the instant, with its day: 11-21 14:00. */
  hour(instant: string): string;
  /** Only the hour of the day: 14:00. */
  hourOfDay(instant: string): string;
}

const LOCALES: Record<Language, string> = { zh: 'zh-CN', en: 'en-GB' };

export function timeFormatter(language: Language, zone: string): TimeFormatter {
  const locale = LOCALES[language];
  const make = (options: Intl.DateTimeFormatOptions): ((instant: string) => string) => {
    const format = new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: 'h23', ...options });
    return (instant) => format.format(new Date(instant)).replace(',', '');
  };
  const clock: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit' };
  const hourOfDay = make({ hour: '2-digit', minute: '2-digit' });
  const day = make(language === 'zh' ? { month: '2-digit', day: '2-digit' } : { month: 'short', day: '2-digit' });
  const dayText = (instant: string): string => day(instant).replace('/', '-');
  const time = make(clock);
  const fullDay = make({ year: 'numeric', month: 'long', day: 'numeric', weekday: 'short' });
  return {
    time,
    hourOfDay,
    dateTime: (instant) => `${dayText(instant)} ${time(instant)}`,
    full: (instant) => `${fullDay(instant)} ${time(instant)}`,
    hour: (instant) => `${dayText(instant)} ${hourOfDay(instant)}`,
  };
}

/** Seconds as mm:ss, from one hour on as h:mm:ss. Fractions of a second are dropped. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${two(minutes)}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
