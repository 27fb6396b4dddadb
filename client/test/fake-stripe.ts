import type { Stripe } from "@stripe/stripe-js";
import { vi } from "vitest";
import type { CardField } from "@/payment/card";

type Heard = (event: object) => void;

class FakeElement {
  private heard = new Map<string, Heard>();
  readonly mount = vi.fn();
  readonly focus = vi.fn();
  readonly destroy = vi.fn();
  readonly update = vi.fn();

  on(event: string, heard: Heard) {
    this.heard.set(event, heard);
  }

  emit(event: string, what: object = {}) {
    this.heard.get(event)?.(what);
  }
}

/** Stripe's object, for component tests: nothing happens to it that a test does not make happen. */
export function fakeStripe() {
  const fields: Record<CardField, FakeElement> = {
    number: new FakeElement(),
    expiry: new FakeElement(),
    cvc: new FakeElement(),
  };
  const byType = { cardNumber: fields.number, cardExpiry: fields.expiry, cardCvc: fields.cvc };
  const create = vi.fn((type: keyof typeof byType, _options: object) => byType[type]);
  const createPaymentMethod = vi.fn();
  const handleNextAction = vi.fn();
  const stripe = { elements: () => ({ create }), createPaymentMethod, handleNextAction };
  return {
    stripe: stripe as unknown as Stripe,
    fields,
    create,
    createPaymentMethod,
    handleNextAction,
    /** All fields are there. */
    show() {
      for (const field of Object.values(fields)) field.emit("ready");
    },
  };
}
