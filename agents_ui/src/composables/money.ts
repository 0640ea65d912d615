/** Money: fen in the application, yuan with two places on the page. */

/** 488.00, with the thousands parted. */
export function yuan(fen: number): string {
  return (fen / 100).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** What was typed as fen; null when it is no amount that can be. */
export function fenOf(text: string): number | null {
  const typed = text.trim().replaceAll(',', '');
  if (!/^\d{1,6}(\.\d{1,2})?$/.test(typed)) return null;
  return Math.round(Number(typed) * 100);
}
