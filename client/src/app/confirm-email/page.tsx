import type { Metadata } from "next";
import { ConfirmationForm } from "@/account/password-forms";
import { page } from "@/layout/page";
import type { Search } from "@/layout/params";

export const metadata: Metadata = { title: "Confirm your email" };

export default page(ConfirmEmail);

async function ConfirmEmail({ searchParams }: { searchParams: Search }) {
  const { token, done } = await searchParams;
  return (
    <div className="mx-auto max-w-md">
      <div className="panel">
        <h1 className="mb-6 text-3xl">{done ? "Thank you" : "Confirm your email address"}</h1>
        {done ? (
          <p role="status">Your address is confirmed.</p>
        ) : (
          <ConfirmationForm token={typeof token === "string" ? token : ""} />
        )}
      </div>
    </div>
  );
}
