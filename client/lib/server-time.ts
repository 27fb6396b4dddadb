// When each page was received, by clocks of this machine: a page may be shown again long after it was
// made, as Next keeps pages for Back and Forward. All times are milliseconds.

type Received = {
  /** By the monotonic clock, which stands still while some machines sleep. */
  monotonic: number;
  /** By the wall clock, which people and programs set. */
  wall: number;
};

/** The time since a page was received. suspect says that the machine's two clocks disagree about it. */
export type Age = { passed: number; suspect: boolean };

// By the server's time at which a page was made. More are kept than Next keeps pages.
const received = new Map<number, Received>();
const KEPT = 200;

/** Further apart than timers and small corrections of a clock get. */
const DISAGREEMENT = 2_000;

/** Notes the receipt of a page that the server made at madeAt. The first call counts. */
export function receive(madeAt: number): void {
  if (received.has(madeAt)) return;
  received.set(madeAt, { monotonic: performance.now(), wall: Date.now() });
  const [oldest] = received.keys();
  if (received.size > KEPT && oldest !== undefined) received.delete(oldest);
}

/** How long ago a page was received; nothing has passed for one that was never noted. */
export function ageOf(madeAt: number): Age {
  const at = received.get(madeAt);
  if (!at) return { passed: 0, suspect: false };
  const passed = performance.now() - at.monotonic;
  return { passed, suspect: Math.abs(Date.now() - at.wall - passed) > DISAGREEMENT };
}
