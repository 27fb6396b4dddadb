"use client";

import { useEffect, useState } from "react";
import { ageOf, receive } from "@/layout/server-time";
import { useRefresh } from "@/layout/use-refresh";
import { clock, spoken, type Urgency, urgency } from "@/order/remaining";

// How often to ask the server for the order's state once it can't be predicted, in milliseconds.
const ASK_AGAIN = 2_000;

const looks: Record<Urgency, string> = {
  calm: "text-ink",
  soon: "text-warn",
  last: "text-bad",
  over: "text-muted",
};

const texts: Record<Urgency, string> = {
  calm: "left to pay",
  soon: "Less than five minutes left to pay",
  last: "Less than a minute left to pay",
  over: "Time’s up. The ticket is going back on sale…",
};

/**
 * The time left of an order. It follows the server's clock: now is what that showed when the page was
 * made, and only the time since is measured here, so the visitor's clock may be wrong. When the machine
 * slept or its clock was set, the server is asked.
 */
export function Countdown({ expiresAt, now }: { expiresAt: string; now: number }) {
  const refresh = useRefresh();
  const end = Date.parse(expiresAt);
  const [left, setLeft] = useState(() => end - now - ageOf(now).passed);

  useEffect(() => {
    receive(now);
    let asked = Number.NEGATIVE_INFINITY;
    const ask = (passed: number) => {
      if (passed - asked < ASK_AGAIN) return;
      asked = passed;
      refresh();
    };
    const tick = () => {
      const { passed, suspect } = ageOf(now);
      const rest = end - now - passed;
      setLeft(rest);
      if (rest <= 0 || suspect) ask(passed);
    };
    tick();
    const timer = setInterval(tick, 250);
    const wake = () => {
      if (document.visibilityState === "visible") refresh();
    };
    document.addEventListener("visibilitychange", wake);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", wake);
    };
  }, [end, now, refresh]);

  const level = urgency(left);
  return (
    <div className={`${looks[level]} noscript:hidden`}>
      <p role="timer" aria-live="off" className="font-bold font-mono text-5xl tabular-nums tracking-tight">
        <time dateTime={`PT${Math.max(0, Math.ceil(left / 1000))}S`}>{clock(left)}</time>
      </p>
      <p className="mt-2 font-medium">{texts[level]}</p>
      {/* Changes, and so is read out, once a minute. */}
      <p aria-live="polite" className="sr-only">
        {spoken(left)}
      </p>
    </div>
  );
}
