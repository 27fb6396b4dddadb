const STOCKS = 6;

// 2^32 divided by the golden ratio, Knuth's multiplier for hashing (The Art of Computer Programming, 6.4).
const SPREAD = 0x9e3779b1;

/**
 * The paper that a ticket is printed on: the same wherever it is shown. Ids ascend, and tickets that were
 * listed one after the other stand in rows: hashed, their papers do not repeat by column.
 */
export function stockOf(id: string): string {
  const hash = Math.imul(Number.parseInt(id.slice(-6), 16) || 0, SPREAD) >>> 0;
  return `stock-${Math.floor((hash / 2 ** 32) * STOCKS)}`;
}

/** The number on the stub. */
export function ticketNumber(id: string): string {
  return `No. ${id.slice(-6).toUpperCase()}`;
}
