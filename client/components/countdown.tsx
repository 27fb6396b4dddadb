"use client";

import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { clock, spoken, urgency } from "@/lib/remaining";

// While the service is ending the order, its state is asked for this often. In milliseconds.
const ASK_AGAIN = 2_000;

/**
 * The time left of an order. It follows the server's clock: now is what that showed when the page was
 * made, and only what has passed since is measured here, so a wrong clock of the visitor's does no harm.
 */
export function Countdown({ expiresAt, now }: { expiresAt: string; now: number }) {
  const router = useRouter();
  const end = Date.parse(expiresAt);
  const [left, setLeft] = useState(end - now);

  useEffect(() => {
    const start = performance.now();
    let asked = Number.NEGATIVE_INFINITY;
    const tick = () => {
      const passed = performance.now() - start;
      const rest = end - now - passed;
      setLeft(rest);
      if (rest <= 0 && passed - asked >= ASK_AGAIN) {
        asked = passed;
        router.refresh();
      }
    };
    tick();
    const timer = setInterval(tick, 250);
    // A machine that slept may not have counted: the server knows.
    const wake = () => {
      if (document.visibilityState === "visible") router.refresh();
    };
    document.addEventListener("visibilitychange", wake);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", wake);
    };
  }, [end, now, router]);

  const level = urgency(left);
  const look = { calm: "text-ink", soon: "text-warn", last: "text-bad", over: "text-muted" }[level];
  return (
    <div className={look}>
      <p role="timer" aria-live="off" className="font-bold font-mono text-5xl tabular-nums tracking-tight">
        <time dateTime={`PT${Math.max(0, Math.ceil(left / 1000))}S`}>{clock(left)}</time>
      </p>
      <p className="mt-2 font-medium">
        {level === "calm" && "left to pay"}
        {level === "soon" && "Less than five minutes left to pay"}
        {level === "last" && "Less than a minute left to pay"}
        {level === "over" && "Time is up. The ticket goes back on sale…"}
      </p>
      {/* Changes, and so is read out, once a minute. */}
      <p aria-live="polite" className="sr-only">
        {spoken(left)}
      </p>
    </div>
  );
}
