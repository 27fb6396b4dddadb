"use client";

import Link from "next/link";
import { useEffect, useState } from "react";
import { Time } from "@/layout/time";
import { clock } from "@/order/remaining";

/**
 * A link to an unpaid order in the header, with its time left. Without JavaScript it says when the reservation ends,
 * since a clock would stand still.
 */
export function Hold({ orderId, expiresAt, now }: { orderId: string; expiresAt: string; now: number }) {
  const [left, setLeft] = useState<number>();
  useEffect(() => {
    const end = Date.parse(expiresAt) - now + performance.now();
    const tick = () => setLeft(end - performance.now());
    tick();
    const timer = setInterval(tick, 1_000);
    return () => clearInterval(timer);
  }, [expiresAt, now]);
  if (left !== undefined && left <= 0) return null;
  return (
    <Link
      href={`/orders/${orderId}`}
      prefetch={false}
      className="inline-flex min-h-11 items-center gap-1.5 rounded-md px-2.5 font-medium text-warn decoration-2 underline-offset-8 hover:underline"
    >
      {left === undefined ? (
        <span>
          Reserved until <Time at={expiresAt} style="time" />
        </span>
      ) : (
        <span>
          Reserved: <span className="font-mono tabular-nums">{clock(left)}</span> left
        </span>
      )}
    </Link>
  );
}
