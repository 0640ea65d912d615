/** Money, counted in fen (a hundredth of a yuan) as the application does, written and read in yuan. */

/** 48800 as `488`, 48850 as `488.50`, with a comma at thousands. */
export function yuan(fen: number): string {
  const digits = fen % 100 === 0 ? 0 : 2;
  return (fen / 100).toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** `388`, `1,200` or `388.5` in fen; null for what is no amount of money. */
export function fenOf(text: string): number | null {
  const plain = text.trim().replace(/[,¥\s]/g, '');
  return /^\d{1,8}(\.\d{1,2})?$/.test(plain) ? Math.round(Number(plain) * 100) : null;
}
