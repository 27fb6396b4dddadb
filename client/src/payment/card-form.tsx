"use client";

import { useEffect, useRef, useState } from "react";
import { ActionForm, type FormAction } from "@/form/action-form";
import { SubmitButton } from "@/form/submit-button";
import { submitPayment } from "@/order/actions";
import { type Card, type CardField, cardFields, idOf, openCard } from "@/payment/card";
import { usePaying } from "@/payment/paying";
import { inTime, loadStripe } from "@/payment/stripe";

const names = Object.keys(cardFields) as CardField[];

/** Pays an order with a card that is typed into Stripe's own fields. */
export function CardForm({
  orderId,
  price,
  formKey,
  stripeKey,
  action = submitPayment,
}: {
  orderId: string;
  /** As people read it. */
  price: string;
  formKey?: string;
  /** The publishable one. */
  stripeKey: string;
  action?: FormAction;
}) {
  const paying = usePaying();
  const { stage, wrong, method, again } = useCard(stripeKey);

  const pay: FormAction = async (before, form) => {
    const made = await method();
    if ("errors" in made) return { values: {}, errors: made.errors };
    form.set("token", made.id);
    paying.current = true;
    return action(before, form);
  };

  return (
    <>
      <noscript className="block">
        <p className="rounded-lg border-2 border-field px-4 py-3">
          You need JavaScript to pay by card, because Stripe’s card form is a script. You can still cancel the
          order without it.
        </p>
      </noscript>
      <ActionForm
        action={pay}
        formKey={formKey}
        fields={names}
        label="Pay the order"
        className="space-y-5 noscript:hidden"
      >
        {() => (
          <>
            <input type="hidden" name="orderId" value={orderId} />
            {stage === "failed" ? (
              <NotLoaded again={again} />
            ) : (
              <>
                <fieldset aria-busy={stage === "loading"} className="motion-safe:aria-busy:animate-pulse">
                  <legend className="sr-only">Your card</legend>
                  <div className="grid grid-cols-[2fr_3fr] gap-x-4 gap-y-3">
                    {names.map((name) => (
                      <Field key={name} name={name} error={wrong[name]} />
                    ))}
                  </div>
                </fieldset>
                <p role="status" className="text-muted text-sm">
                  {stage === "loading"
                    ? "Loading Stripe’s card form…"
                    : "Your card details go directly to Stripe."}
                </p>
                <SubmitButton pending="Paying…" className="w-full" disabled={stage === "loading"}>
                  {`Pay ${price}`}
                </SubmitButton>
              </>
            )}
          </>
        )}
      </ActionForm>
    </>
  );
}

/** A label, and the element that Stripe puts its field into. */
function Field({ name, error }: { name: CardField; error: string | undefined }) {
  return (
    <div className={name === "number" ? "col-span-2" : undefined}>
      <label htmlFor={idOf(name)} className="mb-1.5 block font-semibold">
        {cardFields[name]}
      </label>
      <div id={idOf(name)} className="input card-field" data-invalid={error ? true : undefined} />
      {/* Stripe’s field is in a frame of its own and can’t refer to this error, so it’s announced. */}
      <p aria-live="polite" className="mt-1 font-medium text-bad text-sm">
        {error}
      </p>
    </div>
  );
}

function NotLoaded({ again }: { again: () => void }) {
  return (
    <>
      <div role="alert" className="rounded-lg border-2 border-bad bg-bad/8 px-4 py-3">
        <p className="font-semibold text-bad">The card form couldn’t be loaded.</p>
        <p className="text-sm">
          It comes from js.stripe.com. You may be offline, or your browser may be blocking it. You weren’t
          charged.
        </p>
      </div>
      <button type="button" className="button w-full" onClick={again}>
        Try again
      </button>
    </>
  );
}

/** Loads Stripe's fields, keeps them in the page's colors, and removes them at the end. */
function useCard(stripeKey: string) {
  const [stage, setStage] = useState<"loading" | "ready" | "failed">("loading");
  const [attempt, setAttempt] = useState(1);
  const [wrong, setWrong] = useState<Partial<Record<CardField, string | undefined>>>({});
  const card = useRef<Card>(undefined);

  useEffect(() => {
    let left = false;
    let opened: Card | undefined;
    const open = async () => {
      const stripe = await loadStripe(stripeKey);
      if (left) return;
      opened = card.current = openCard(stripe, (field, error) =>
        setWrong((before) => ({ ...before, [field]: error })),
      );
      await inTime(opened.ready);
      if (left) return;
      setStage("ready");
      // The button that was pressed is gone.
      if (attempt > 1) opened.focus();
    };
    open().catch((error: unknown) => {
      console.error("Stripe didn't load:", error);
      if (!left) setStage("failed");
    });
    const theme = matchMedia("(prefers-color-scheme: dark)");
    const repaint = () => opened?.paint();
    theme.addEventListener("change", repaint);
    return () => {
      left = true;
      theme.removeEventListener("change", repaint);
      opened?.close();
      card.current = undefined;
    };
  }, [stripeKey, attempt]);

  const method: Card["method"] = async () => (await card.current?.method()) ?? { errors: [] };

  const again = () => {
    setStage("loading");
    setWrong({});
    setAttempt((n) => n + 1);
  };

  return { stage, wrong, method, again };
}
