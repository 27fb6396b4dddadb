"use client";

import { useRouter } from "next/navigation";
import { useCallback, useEffect, useState } from "react";
import { Alert } from "@/form/alert";
import { usePaying } from "@/payment/paying";
import { loadStripe } from "@/payment/stripe";

/** Lets the payer's bank ask for confirmation through Stripe (3-D Secure). The page then shows the outcome. */
export function BankQuestion({ clientSecret, stripeKey }: { clientSecret: string; stripeKey: string }) {
  const router = useRouter();
  const paying = usePaying();
  const [stage, setStage] = useState<"open" | "asking" | "answered">("open");
  const [problem, setProblem] = useState<string>();

  const ask = useCallback(async () => {
    setStage("asking");
    setProblem(undefined);
    try {
      const stripe = await loadStripe(stripeKey);
      const { error } = await stripe.handleNextAction({ clientSecret });
      setProblem(error && (error.message ?? "That didn't work."));
      setStage(error ? "open" : "answered");
    } catch (error) {
      console.error("3-D Secure failed:", error);
      setProblem("We couldn't reach your bank. Please try again.");
      setStage("open");
    }
    router.refresh();
  }, [clientSecret, stripeKey, router]);

  useEffect(() => {
    if (!paying.current) return;
    paying.current = false;
    ask();
  }, [paying, ask]);

  if (stage === "answered") return <p>Thank you. You’ll see the result here in a moment.</p>;
  return (
    <>
      <noscript className="block">
        <p className="rounded-lg border-2 border-field px-4 py-3 text-ink">
          You need JavaScript to confirm with your bank.
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
