import type { Order } from "@/api/services";
import { placeOf } from "@/ticket/occasion";

// The longest line in a calendar file, in bytes (RFC 5545, section 3.1).
const LINE = 75;

/** The event of an order as a calendar file (RFC 5545), or undefined if its start isn't known. */
export function calendarOf(order: Order, site: URL, now: Date): string | undefined {
  const { ticket } = order;
  if (!ticket.event?.startsAt) return undefined;
  const place = placeOf(ticket);
  const page = new URL(`/orders/${order.id}`, site).href;
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Ticketing//Tickets//EN",
    "BEGIN:VEVENT",
    `UID:${order.id}@${site.hostname}`,
    `DTSTAMP:${utc(now)}`,
    `DTSTART:${utc(new Date(ticket.event.startsAt))}`,
    `SUMMARY:${escaped(ticket.title)}`,
    ...(place ? [`LOCATION:${escaped(place)}`] : []),
    `DESCRIPTION:${escaped([ticket.seat, `Order ${order.id}`].filter(Boolean).join("\n"))}`,
    `URL:${page}`,
    "END:VEVENT",
    "END:VCALENDAR",
  ];
  return lines.map((line) => `${folded(line)}\r\n`).join("");
}

/** 20270502T010000Z */
function utc(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, "");
}

function escaped(text: string): string {
  return text.replace(/[\\;,]/g, "\\$&").replace(/\r\n?|\n/g, "\\n");
}

/** Breaks a line between characters. The space at the start of each further line counts. */
function folded(line: string): string {
  let out = "";
  let bytes = 0;
  for (const character of line) {
    const size = new TextEncoder().encode(character).length;
    if (bytes + size > LINE) {
      out += "\r\n ";
      bytes = 1;
    }
    out += character;
    bytes += size;
  }
  return out;
}
