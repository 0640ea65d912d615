/** The 18 figures of a mainland identity card: area, birthday, sex, checksum (GB 11643). */

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS = '10X98765432';

/** Birthday and sex that a number says; null for a number that cannot be. Areas are checked by the application. */
export function idCardFacts(number: string): { birthday: string; sex: 'male' | 'female' } | null {
  const plain = number.trim().toUpperCase();
  if (!/^\d{17}[\dX]$/.test(plain)) return null;
  const sum = WEIGHTS.reduce((total, weight, place) => total + weight * Number(plain[place]), 0);
  if (CHECKS[sum % 11] !== plain[17]) return null;
  const birthday = `${plain.slice(6, 10)}-${plain.slice(10, 12)}-${plain.slice(12, 14)}`;
  const date = new Date(`${birthday}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== birthday) return null;
  return { birthday, sex: Number(plain[16]) % 2 === 1 ? 'male' : 'female' };
}
