import type { ReactNode } from "react";

/** Explains why a page couldn't be shown, by default because a service didn't respond. again is a retry control. */
export function Stuck({
  title = "Something went wrong",
  text = "Part of our site isn’t responding. Nothing is lost, and you won’t be charged twice.",
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
