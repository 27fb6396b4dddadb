"use client";

import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";

const shown = new Set<number>();

/**
 * Asks the server for a page again when the browser shows an old one: Next and the browser keep pages
 * for Back and Forward. madeAt is the server's time in milliseconds and names this making of the page.
 */
export function Fresh({ madeAt }: { madeAt: number }) {
  const router = useRouter();
  const current = useRef(0);

  useEffect(() => {
    if (current.current === madeAt) return;
    current.current = madeAt;
    if (shown.has(madeAt)) router.refresh();
    shown.add(madeAt);
  }, [madeAt, router]);

  useEffect(() => {
    const restored = (event: PageTransitionEvent) => {
      if (event.persisted) router.refresh();
    };
    addEventListener("pageshow", restored);
    return () => removeEventListener("pageshow", restored);
  }, [router]);

  return null;
}
