import type { Wish } from "@/api/services";

const TICKET = /^\/tickets\/([0-9a-f]{24})$/;
const PRICE = /^\d+(\.\d{1,2})?$/;

/** The ticket to reserve after signing in at a path such as /signin?next=/tickets/ID&reserve=19.99. */
export function wished(next: string, reserve: unknown): Wish | undefined {
  const ticketId = TICKET.exec(next)?.[1];
  if (!ticketId || typeof reserve !== "string" || !PRICE.test(reserve)) return undefined;
  return { ticketId, price: Number(reserve) };
}

/** The sign-in or sign-up page that leads to a path and, if there's a wish, reserves its ticket. */
export function authPath(page: "signin" | "signup", next: string, wish?: Wish): string {
  if (next === "/") return `/${page}`;
  const reserve = wish ? `&reserve=${wish.price}` : "";
  return `/${page}?next=${encodeURIComponent(next)}${reserve}`;
}
