// Prices and dates as people read them.

const LOCALE = "en-US";

const money = new Intl.NumberFormat(LOCALE, { style: "currency", currency: "USD" });
const ago = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });

/** $1,234.50 */
export function formatMoney(dollars: number): string {
  return money.format(dollars);
}

/** When a thing was made: the first four bytes of an ObjectID are seconds since 1970. */
export function madeAt(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, 8), 16) * 1000);
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "3 minutes ago"; below a minute "just now". */
export function formatAgo(then: Date, now: Date): string {
  const seconds = Math.round((then.getTime() - now.getTime()) / 1000);
  for (const [unit, size] of steps) {
    if (-seconds >= size) return ago.format(Math.trunc(seconds / size), unit);
  }
  return "just now";
}

export type TimeStyle = "date" | "time" | "full";

const styles: Record<TimeStyle, Intl.DateTimeFormatOptions> = {
  date: { month: "short", day: "numeric", year: "numeric" },
  time: { hour: "numeric", minute: "2-digit", timeZoneName: "short" },
  full: {
    month: "short",
    day: "numeric",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
  },
};

/** The zone if Intl knows it, or else UTC. Browsers report zones such as "Etc/Unknown", on which Intl throws. */
export function knownZone(zone: string | undefined): string {
  try {
    new Intl.DateTimeFormat(LOCALE, { timeZone: zone });
    return zone || "UTC";
  } catch {
    return "UTC";
  }
}

/** "Nov 24, 2026, 3:35 AM UTC", which breaks between the date and the time alone. */
export function formatTime(time: Date, style: TimeStyle, timeZone: string): string {
  const text = new Intl.DateTimeFormat(LOCALE, { ...styles[style], timeZone }).format(time);
  return text.replace(/ (?!\d{1,2}:)/g, "\u00a0");
}
