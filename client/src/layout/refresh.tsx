"use client";

import { useEffect } from "react";
import { useRefresh } from "@/layout/use-refresh";

/** Asks the server again while a state is shown that passes by itself. */
export function Refresh({ every }: { every: number }) {
  const refresh = useRefresh();
  useEffect(() => {
    const again = () => {
      if (document.visibilityState === "visible") refresh();
    };
    const timer = setInterval(again, every);
    document.addEventListener("visibilitychange", again);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", again);
    };
  }, [every, refresh]);
  return null;
}
