// A search for tickets, as in the front page's address.

import type { Search } from "@/layout/params";
import { parsePrice } from "@/ticket/price";

export const fields = ["q", "city", "from", "to", "minPrice", "maxPrice", "sort"] as const;

/** What a visitor searches for, as typed. Fields that are empty are missing. */
export type TicketSearch = Partial<Record<(typeof fields)[number], string>>;

export async function readSearch(search: Search): Promise<TicketSearch> {
  const given = await search;
  const found: TicketSearch = {};
  for (const field of fields) {
    const value = given[field];
    if (typeof value === "string" && value.trim()) found[field] = value.trim();
  }
  return found;
}

export function isSearch(search: TicketSearch): boolean {
  return Object.keys(search).length > 0;
}

/** The front page with a search. */
export function searchPath(search: TicketSearch): string {
  return isSearch(search) ? `/?${new URLSearchParams(search)}` : "/";
}

/** The search with prices as the API writes them. The API refuses those that aren't prices. */
export function asQuery(search: TicketSearch): TicketSearch {
  const query = { ...search };
  for (const field of ["minPrice", "maxPrice"] as const) {
    const price = parsePrice(search[field] ?? "");
    if ("dollars" in price) query[field] = String(price.dollars);
  }
  return query;
}
