"use client";

import { useEffect, useRef } from "react";
import { receive } from "@/layout/server-time";
import { useRefresh } from "@/layout/use-refresh";

/**
 * Refreshes a page that Next or the browser restores from its cache for Back and Forward. madeAt is the
 * server's time in milliseconds and identifies this rendering of the page.
 */
export function Fresh({ madeAt }: { madeAt: number }) {
  const refresh = useRefresh();
  const current = useRef(0);

  useEffect(() => {
    if (current.current === madeAt) return;
    current.current = madeAt;
    if (!receive(madeAt)) refresh();
  }, [madeAt, refresh]);

  useEffect(() => {
    const restored = (event: PageTransitionEvent) => {
      if (event.persisted) refresh();
    };
    addEventListener("pageshow", restored);
    return () => removeEventListener("pageshow", restored);
  }, [refresh]);

  return null;
}
