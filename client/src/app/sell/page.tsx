import type { Metadata } from "next";
import { formUser } from "@/account/session";
import { page } from "@/layout/page";
import { TicketForm } from "@/ticket/ticket-form";

export const metadata: Metadata = { title: "Sell a ticket" };

export default page(Sell);

async function Sell() {
  await formUser("/sell");
  return (
    <div className="mx-auto max-w-xl">
      <h1 className="mb-3 text-4xl">Sell a ticket</h1>
      <p className="mb-8 text-muted">
        Your ticket goes on sale right away. You can edit it until someone reserves it.
      </p>
      <div className="panel">
        <TicketForm formKey={crypto.randomUUID()} />
      </div>
    </div>
  );
}
