"use client";

import { useEffect } from "react";
import { useRefresh } from "@/layout/use-refresh";

/** Refreshes the page while it shows a state that changes without the user. */
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
