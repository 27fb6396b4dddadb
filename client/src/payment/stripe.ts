import type { Stripe } from "@stripe/stripe-js";
// "pure" fetches nothing before it is called.
import { loadStripe as load } from "@stripe/stripe-js/pure";

/** How long Stripe's script, and then its fields, may take, in milliseconds. */
export const PATIENCE = 20_000;

const loaded = new Map<string, Promise<Stripe>>();

/** Fetches Stripe's script, once for each key. After a failure the next call tries again. */
export function loadStripe(key: string): Promise<Stripe> {
  let stripe = loaded.get(key);
  if (!stripe) {
    stripe = inTime(load(key)).then((stripe) => stripe ?? Promise.reject(new Error("no Stripe here")));
    stripe.catch(() => loaded.delete(key));
    loaded.set(key, stripe);
  }
  return stripe;
}

/** What a promise promises; rejected if it takes longer than PATIENCE. */
export function inTime<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not there after ${PATIENCE} ms`)), PATIENCE);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
