"use client";

import { useRouter } from "next/navigation";
import { useCallback, useEffect, useState } from "react";
import { Alert } from "@/form/alert";
import { loadStripe } from "@/payment/stripe";

// The order that is being paid on this page. Whoever presses "Pay" expects the bank to ask; whoever
// opens the page later is not to be surprised by it.
let paying: string | undefined;

/** If the bank has a question about the payment of this order, it is asked at once. */
export function askAfterPaying(orderId: string): void {
  paying = orderId;
}

/** Lets the payer's bank ask by way of Stripe (3-D Secure). What follows from the answer the page tells. */
export function BankQuestion({
  orderId,
  clientSecret,
  stripeKey,
}: {
  orderId: string;
  clientSecret: string;
  stripeKey: string;
}) {
  const router = useRouter();
  const [stage, setStage] = useState<"open" | "asking" | "answered">("open");
  const [problem, setProblem] = useState<string>();

  const ask = useCallback(async () => {
    setStage("asking");
    setProblem(undefined);
    try {
      const stripe = await loadStripe(stripeKey);
      const { error } = await stripe.handleNextAction({ clientSecret });
      setProblem(error && (error.message ?? "This did not work."));
      setStage(error ? "open" : "answered");
    } catch (error) {
      console.error("the bank could not be asked:", error);
      setProblem("Your bank could not be reached. Please try again.");
      setStage("open");
    }
    router.refresh();
  }, [clientSecret, stripeKey, router]);

  useEffect(() => {
    if (paying !== orderId) return;
    paying = undefined;
    ask();
  }, [orderId, ask]);

  if (stage === "answered") return <p>Thank you. In a moment you see here how it ended.</p>;
  return (
    <>
      <noscript className="block">
        <p className="rounded-lg border-2 border-field px-4 py-3 text-ink">
          To hear your bank&rsquo;s question you need JavaScript.
        </p>
      </noscript>
      <Alert messages={problem ? [problem] : []} />
      <button
        type="button"
        className="button w-full noscript:hidden"
        aria-disabled={stage === "asking"}
        onClick={() => {
          if (stage === "open") ask();
        }}
      >
        {stage === "asking" ? "Waiting for your bank…" : "Confirm with your bank"}
      </button>
    </>
  );
}
