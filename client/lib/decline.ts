// Why a card was declined is told once, to whoever pays: no service keeps it. So the payer's browser
// does, for the one page that shows it.

const NAME = "decline";

export function declineCookie(orderId: string, reason: string) {
  return {
    name: NAME,
    value: reason.slice(0, 300),
    path: `/orders/${encodeURIComponent(orderId)}`,
    maxAge: 86_400,
    httpOnly: true,
    sameSite: "lax" as const,
  };
}

export function declineReason(jar: { get(name: string): { value: string } | undefined }): string | undefined {
  return jar.get(NAME)?.value;
}
