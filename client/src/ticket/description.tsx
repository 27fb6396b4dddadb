import type { Ticket } from "@/api/services";

/** The seller's description, with its line breaks. */
export function Description({ of }: { of: Pick<Ticket, "description"> }) {
  if (!of.description) return null;
  return (
    <section aria-label="Description">
      <p dir="auto" className="whitespace-pre-line break-words">
        {of.description}
      </p>
    </section>
  );
}
