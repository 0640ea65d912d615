/** What a browser says of itself, in few words; empty when it says nothing that is known. */

const BROWSERS = [
  ['Edg/', 'Edge'],
  ['OPR/', 'Opera'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const;

const SYSTEMS = [
  ['Windows', 'Windows'],
  ['Android', 'Android'],
  ['iPhone', 'iOS'],
  ['iPad', 'iPadOS'],
  ['Mac OS X', 'macOS'],
  ['Linux', 'Linux'],
] as const;

export function browserOf(said: string): string {
  const find = (known: readonly (readonly [string, string])[]): string =>
    known.find(([mark]) => said.includes(mark))?.[1] ?? '';
  return [find(BROWSERS), find(SYSTEMS)].filter((word) => word !== '').join(' · ') || said.slice(0, 40);
}
