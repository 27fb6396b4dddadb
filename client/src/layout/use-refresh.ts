import { useRouter } from "next/navigation";
import { useCallback } from "react";

/**
 * Refreshes the page from the server. Offline, it waits until the browser is back online: otherwise Next
 * would reload the page, and the browser would replace it with its own error page.
 */
export function useRefresh(): () => void {
  const router = useRouter();
  return useCallback(() => {
    if (navigator.onLine) router.refresh();
    else addEventListener("online", () => router.refresh(), { once: true });
  }, [router]);
}
