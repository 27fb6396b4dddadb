import type { Metadata } from "next";
import { ForgottenForm } from "@/account/password-forms";
import { page } from "@/layout/page";
import type { Search } from "@/layout/params";

export const metadata: Metadata = { title: "Forgot your password" };

export default page(ForgotPassword);

async function ForgotPassword({ searchParams }: { searchParams: Search }) {
  const { sent, unsent } = await searchParams;
  return (
    <div className="mx-auto max-w-md">
      <div className="panel">
        <h1 className="mb-6 text-3xl">Forgot your password?</h1>
        {sent && (
          <p role="status">
            If that address has an account, a link for a new password is on its way. It works once and expires
            in 30 minutes.
          </p>
        )}
        {unsent && (
          <p role="status">
            This site doesn’t send email, so it can’t send you a link for a new password. Please contact the
            site’s operators.
          </p>
        )}
        {!sent && !unsent && (
          <>
            <p className="mb-6 text-muted">We’ll email you a link to choose a new one.</p>
            <ForgottenForm />
          </>
        )}
      </div>
    </div>
  );
}
