const STOCKS = 6;

/** The paper that a ticket is printed on: the same wherever it is shown. */
export function stockOf(id: string): string {
  return `stock-${(Number.parseInt(id.slice(-4), 16) || 0) % STOCKS}`;
}

/** What stands on the stub. */
export function ticketNumber(id: string): string {
  return `No. ${id.slice(-6).toUpperCase()}`;
}
