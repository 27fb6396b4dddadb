import type { Stripe, StripeElementStyle } from "@stripe/stripe-js";
import type { Message } from "@/api/services";

/** The fields of a card, by the names that are part of Stripe's error codes, such as incomplete_number. */
export const cardFields = { number: "Card number", expiry: "Expires", cvc: "Security code" };

export type CardField = keyof typeof cardFields;

/** Stripe's fields in a page. The page never sees what users type into them. */
export type Card = {
  /** Rejects if a field can't be shown. */
  ready: Promise<unknown>;
  /** Creates a PaymentMethod from the fields. If one is invalid, focuses it and returns the error. */
  method(): Promise<{ id: string } | { errors: Message[] }>;
  /** Takes over the page's current colors. */
  paint(): void;
  focus(): void;
  close(): void;
};

// What Stripe's three kinds of fields have in common.
type Element = {
  mount(container: string): void;
  focus(): void;
  destroy(): void;
  update(options: { style: StripeElementStyle }): void;
  on(event: "ready", heard: () => void): unknown;
  on(event: "change", heard: (event: { error: { message: string } | undefined }) => void): unknown;
};

/**
 * Puts Stripe's fields into the elements with their ids. Calls heard with a field's error, and with undefined once
 * the user fixes it.
 */
export function openCard(stripe: Stripe, heard: (field: CardField, error: string | undefined) => void): Card {
  const elements = stripe.elements({ locale: "en" });
  const style = pageStyle();
  const number = elements.create("cardNumber", { style, showIcon: true, disableLink: true });
  const all: Record<CardField, Element> = {
    number,
    expiry: elements.create("cardExpiry", { style }),
    cvc: elements.create("cardCvc", { style }),
  };
  const fields = Object.entries(all) as [CardField, Element][];
  const shown = fields.map(([, element]) => new Promise<void>((resolve) => element.on("ready", resolve)));
  const failed = new Promise<never>((_, reject) => {
    number.on("loaderror", ({ error }) => reject(new Error(error.message)));
  });
  for (const [name, element] of fields) {
    element.on("change", (event) => heard(name, event.error?.message));
    element.mount(`#${idOf(name)}`);
  }
  return {
    ready: Promise.race([Promise.all(shown), failed]),
    async method() {
      const { paymentMethod, error } = await stripe.createPaymentMethod({ type: "card", card: number });
      if (paymentMethod) return { id: paymentMethod.id };
      const message = error.message ?? "We couldn't read the card. Please try again.";
      const field = fields.find(([name]) => error.code?.includes(name))?.[0];
      if (!field) return { errors: [{ message }] };
      heard(field, message);
      all[field].focus();
      return { errors: [{ message, field }] };
    },
    paint() {
      const style = pageStyle();
      for (const [, element] of fields) element.update({ style });
    },
    focus: () => number.focus(),
    close() {
      for (const [, element] of fields) element.destroy();
    },
  };
}

/** The id of the element that a field is put into. */
export function idOf(field: CardField): string {
  return `card-${field}`;
}

/** Stripe's fields are frames that our style sheet doesn't reach, so they get its colors and fonts. */
function pageStyle(): StripeElementStyle {
  const page = getComputedStyle(document.documentElement);
  const color = (name: string) => page.getPropertyValue(name).trim();
  return {
    base: {
      color: color("--ink"),
      iconColor: color("--muted"),
      fontFamily: getComputedStyle(document.body).fontFamily,
      fontSize: "16px",
      lineHeight: "24px",
      "::placeholder": { color: color("--muted") },
    },
    invalid: { color: color("--bad"), iconColor: color("--bad") },
  };
}
