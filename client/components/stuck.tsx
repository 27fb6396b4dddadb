import type { ReactNode } from "react";

/** Says that something did not answer, or whatever else kept a page from being shown. again is the way on. */
export function Stuck({
  title = "Something went wrong",
  text = "Part of our site didn’t answer. Nothing is lost, and an order is never paid twice.",
  again,
}: {
  title?: string;
  text?: string;
  again: ReactNode;
}) {
  return (
    <div role="alert" className="mx-auto max-w-xl py-10 text-center">
      <h1 className="text-4xl">{title}</h1>
      <p className="mt-4 mb-8 text-lg text-muted">{text}</p>
      {again}
    </div>
  );
}
