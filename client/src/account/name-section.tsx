import { NameForm } from "@/account/name-form";
import { readName } from "@/api/services";
import { orUnread } from "@/order/order-view";

export async function NameSection({ saved }: { saved: boolean }) {
  const name = await readName().catch(orUnread);
  if (name === null) return null; // the session has just ended
  return (
    <section aria-labelledby="your-name" className="mb-10 space-y-4">
      <h2 id="your-name" className="text-2xl">
        Your name
      </h2>
      {saved && (
        <p role="status" className="font-medium text-good">
          Saved
        </p>
      )}
      {name === "unread" ? (
        <p className="text-muted">We can’t show this right now. Reload the page in a moment.</p>
      ) : (
        <NameForm key={name} name={name} />
      )}
    </section>
  );
}
