import { useRouter } from "next/navigation";
import { useCallback } from "react";

/**
 * Asks the server for the page again. Offline it waits until the browser is back online: Next would load
 * the whole page anew, and the browser would replace it by its own page of errors.
 */
export function useRefresh(): () => void {
  const router = useRouter();
  return useCallback(() => {
    if (navigator.onLine) router.refresh();
    else addEventListener("online", () => router.refresh(), { once: true });
  }, [router]);
}
