// What Stripe asks for (https://docs.stripe.com/security/guide#content-security-policy), without its
// scripts: these are trusted as described below.
const STRIPE_FRAMES = ["https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"];
const STRIPE_API = "https://api.stripe.com";

/**
 * The content security policy of a page whose scripts bear a nonce, or that has none. Scripts that such a
 * script adds to the page are trusted with it ('strict-dynamic'), which is how Stripe's is loaded; a list
 * of hosts would count for nothing beside it.
 *
 * With stripe the page may show Stripe's frames and call Stripe. All pages with scripts may, as one goes
 * from any of them to an order without a page load, and the first page's policy remains.
 */
export function securityPolicy(nonce: string | null, { development = false, stripe = false } = {}): string {
  const directives: Record<string, string[]> = {
    "default-src": ["'self'"],
    // React's development build rebuilds stacks with eval.
    "script-src": nonce
      ? [`'nonce-${nonce}'`, "'strict-dynamic'", ...(development ? ["'unsafe-eval'"] : [])]
      : ["'none'"],
    "style-src": ["'self'", ...(development ? ["'unsafe-inline'"] : nonce ? [`'nonce-${nonce}'`] : [])],
    "img-src": ["'self'", "data:"],
    "connect-src": ["'self'", ...(stripe ? [STRIPE_API] : [])],
    "font-src": ["'self'"],
    "frame-src": stripe ? STRIPE_FRAMES : ["'none'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
  };
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources.join(" ")}`)
    .join("; ");
}
