/** The numbers in a line of them, parted by blanks, commas or semicolons. */
export const numbersOf = (line: string): string[] => line.split(/[\s,;，；、]+/).filter((number) => number !== '');
