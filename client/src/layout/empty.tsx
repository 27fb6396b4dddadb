import type { ReactNode } from "react";

/** Shown in place of an empty list. */
export function Empty({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="rounded-xl border-2 border-line border-dashed px-6 py-16 text-center">
      <h2 className="text-2xl">{title}</h2>
      <div className="mx-auto mt-3 max-w-md space-y-6 text-muted">{children}</div>
    </div>
  );
}
