import type { Ticket } from "@/api/services";
import { formatMoney } from "@/layout/format";

type Says = Pick<Ticket, "event">;

const start = new Intl.DateTimeFormat("en-US", {
  weekday: "short",
  month: "short",
  day: "numeric",
  year: "numeric",
  hour: "numeric",
  minute: "2-digit",
  timeZone: "UTC",
});

/** "Sat, May 1, 2027, 8:00 PM": the clock of the place, which startsAt has with its UTC offset. */
export function formatStart(startsAt: string): string {
  return start.format(new Date(`${localPart(startsAt)}Z`));
}

/** "$49.50 · Sat, May 1, 2027, 8:00 PM · Grand Hall, Chicago" */
export function summaryOf(ticket: Pick<Ticket, "price" | "event">): string {
  const startsAt = ticket.event?.startsAt;
  return [formatMoney(ticket.price), startsAt && formatStart(startsAt), placeOf(ticket)]
    .filter(Boolean)
    .join(" · ");
}

/** "Grand Hall, Chicago" */
export function placeOf({ event }: Says): string {
  return [event?.venue, event?.city].filter(Boolean).join(", ");
}

/** Whether the event has started. The ticket can't be ordered from then on. */
export function hasStarted({ event }: Says, now: Date): boolean {
  return event?.startsAt !== undefined && new Date(event.startsAt) <= now;
}

/** "2027-05-01T20:00", the value of a datetime-local input. */
export function inputOf(startsAt: string | undefined): string | undefined {
  return startsAt && localPart(startsAt).slice(0, 16);
}

/** "-05:00" */
export function offsetOf(startsAt: string | undefined): string | undefined {
  return startsAt && (/[+-]\d\d:\d\d$/.exec(startsAt)?.[0] ?? "+00:00");
}

function localPart(startsAt: string): string {
  return startsAt.slice(0, "2027-05-01T20:00:00".length);
}

const OFFSET = /^[+-]\d\d:\d\d$/;

/**
 * The start as RFC 3339, from the value of a datetime-local input and a time zone: its IANA name or a UTC offset.
 * null if either can't be read.
 */
export function startsAtIn(local: string, zone: string): string | null {
  const wall = new Date(`${local}${local.length === 16 ? ":00" : ""}Z`);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(local) || Number.isNaN(wall.getTime())) return null;
  const offset = OFFSET.test(zone) ? zone : offsetAt(wall, zone);
  return offset && wall.toISOString().slice(0, 19) + offset;
}

/** The offset of a zone when its clocks show a time. */
function offsetAt(wall: Date, zone: string): string | null {
  try {
    const guess = minutesAhead(wall, zone);
    const minutes = minutesAhead(new Date(wall.getTime() - guess * 60_000), zone);
    const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
    return `${minutes < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
  } catch {
    return null; // an unknown zone
  }
}

/** How many minutes a zone's clocks are ahead of UTC at an instant. */
function minutesAhead(at: Date, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    timeZoneName: "longOffset",
  }).formatToParts(at);
  const name = parts.find((p) => p.type === "timeZoneName")?.value ?? "";
  const [, sign, hours = "0", minutes = "0"] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
