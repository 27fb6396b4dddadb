import type { ReactNode } from "react";

/** Says that something did not answer. again is what tries once more. */
export function Stuck({ again }: { again: ReactNode }) {
  return (
    <div role="alert" className="mx-auto max-w-xl py-10 text-center">
      <h1 className="text-4xl">The curtain is stuck</h1>
      <p className="mt-4 mb-8 text-lg text-muted">
        Something behind the scenes did not answer. Nothing is lost, and an order is never paid twice.
      </p>
      {again}
    </div>
  );
}
