import { useSessionStore } from '@/stores/session';

/** Seconds from ring to ring on a line: its own where it has one, else the house's. */
export function useCadence(): (line: string) => number {
  const session = useSessionStore();
  return (line) => {
    const own = session.session?.lines.find((known) => known.number === line)?.ring_cadence;
    // Pages that show calls are only reached with a session; the fallback is the trade's, for the type's sake.
    return own ?? session.session?.ring_cadence ?? 5;
  };
}
