// When each page was received, by this machine's clocks. Next caches pages for Back and Forward, so a page
// may be shown long after it was rendered. All times are in milliseconds.

type Received = {
  /** By the monotonic clock, which stops while some machines sleep. */
  monotonic: number;
  /** By the wall clock, which people and programs set. */
  wall: number;
};

/** The time since a page was received. suspect says that the machine's two clocks disagree about it. */
export type Age = { passed: number; suspect: boolean };

// Keyed by the server's time when the page was rendered. Larger than Next's cache of pages.
const received = new Map<number, Received>();
const KEPT = 200;

/** More than timers and small clock corrections can cause. */
const DISAGREEMENT = 2_000;

/**
 * Records when a page that the server rendered at madeAt was received. Only the first call counts: it
 * returns true.
 */
export function receive(madeAt: number): boolean {
  if (received.has(madeAt)) return false;
  received.set(madeAt, { monotonic: performance.now(), wall: Date.now() });
  const [oldest] = received.keys();
  if (received.size > KEPT && oldest !== undefined) received.delete(oldest);
  return true;
}

/** How long ago a page was received, or 0 if that wasn't recorded. */
export function ageOf(madeAt: number): Age {
  const at = received.get(madeAt);
  if (!at) return { passed: 0, suspect: false };
  const passed = performance.now() - at.monotonic;
  return { passed, suspect: Math.abs(Date.now() - at.wall - passed) > DISAGREEMENT };
}
