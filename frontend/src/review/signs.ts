/** Entries of a list are chosen by digit, after nine by letter. */

export function sign(number: number): string {
  return number < 9 ? String(number + 1) : String.fromCharCode(97 + number - 9);
}

/** Which entry a pressed digit means (10 is the letter a); -1 for own words. */
export function chosen(digit: number): number {
  return digit - 1;
}
