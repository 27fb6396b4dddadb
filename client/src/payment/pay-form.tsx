"use client";

import { ActionForm, type FormAction } from "@/form/action-form";
import { errorOf } from "@/form/form-state";
import { SubmitButton } from "@/form/submit-button";
import { submitPayment } from "@/order/actions";
import { testCards } from "@/payment/test-cards";

/** Pays an order with one of the sandbox's test cards. */
export function PayForm({
  orderId,
  price,
  formKey,
  action = submitPayment,
}: {
  orderId: string;
  /** As people read it. */
  price: string;
  formKey?: string;
  action?: FormAction;
}) {
  return (
    <ActionForm
      action={action}
      formKey={formKey}
      fields={["token"]}
      label="Pay the order"
      className="space-y-5"
    >
      {(state) => {
        const chosen = state.values.token || testCards[0].token;
        const error = errorOf(state, "token");
        return (
          <>
            <input type="hidden" name="orderId" value={orderId} />
            <fieldset aria-describedby={error ? "token-error token-hint" : "token-hint"}>
              <legend className="font-semibold">Choose a test card</legend>
              <p id="token-hint" className="mt-1 mb-3 text-muted text-sm">
                This is a sandbox, so no card is charged.
              </p>
              <div className="grid gap-2.5">
                {testCards.map((card) => (
                  <label key={card.token} className="test-card">
                    <input
                      type="radio"
                      name="token"
                      value={card.token}
                      defaultChecked={card.token === chosen}
                      aria-invalid={error ? true : undefined}
                      className="mt-1 size-4 shrink-0 accent-accent"
                    />
                    <span className="min-w-0 flex-1">
                      <span className="flex flex-wrap items-baseline justify-between gap-x-3">
                        <span className="font-semibold">{card.name}</span>
                        <span className="font-mono text-muted text-xs">
                          <span className="sr-only">, test card ending in </span>
                          <span aria-hidden="true">TEST •••• </span>
                          {card.lastFour}
                        </span>
                      </span>
                      <span className="block text-muted text-sm">{card.outcome}</span>
                    </span>
                  </label>
                ))}
              </div>
              {error && (
                <p id="token-error" className="mt-2 font-medium text-bad text-sm">
                  {error}
                </p>
              )}
            </fieldset>
            <SubmitButton pending="Paying…" className="w-full">
              {`Pay ${price}`}
            </SubmitButton>
          </>
        );
      }}
    </ActionForm>
  );
}
