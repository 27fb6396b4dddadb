// The words for an order's remaining time. All times are in milliseconds.

const MINUTE = 60_000;

export type Urgency = "calm" | "soon" | "last" | "over";

export function urgency(left: number): Urgency {
  if (left <= 0) return "over";
  if (left <= MINUTE) return "last";
  return left <= 5 * MINUTE ? "soon" : "calm";
}

/** 14:05 */
export function clock(left: number): string {
  const seconds = Math.max(0, Math.ceil(left / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const parts = hours > 0 ? [hours, pad(minutes)] : [minutes];
  return [...parts, pad(seconds % 60)].join(":");
}

/** What a screen reader says, which changes by the minute. */
export function spoken(left: number): string {
  switch (urgency(left)) {
    case "over":
      return "Time’s up.";
    case "last":
      return "Less than a minute left to pay.";
    default: {
      const minutes = Math.ceil(left / MINUTE);
      return `${minutes} minutes left to pay.`;
    }
  }
}

function pad(n: number): string {
  return String(n).padStart(2, "0");
}
