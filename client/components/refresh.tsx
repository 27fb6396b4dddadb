"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";

/** Asks the server again while a state is shown that passes by itself. */
export function Refresh({ every }: { every: number }) {
  const router = useRouter();
  useEffect(() => {
    const again = () => {
      if (document.visibilityState === "visible") router.refresh();
    };
    const timer = setInterval(again, every);
    document.addEventListener("visibilitychange", again);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", again);
    };
  }, [every, router]);
  return null;
}
