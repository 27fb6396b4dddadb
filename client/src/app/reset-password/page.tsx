import type { Metadata } from "next";
import Link from "next/link";
import { NewPasswordForm } from "@/account/password-forms";
import { page } from "@/layout/page";
import type { Search } from "@/layout/params";

export const metadata: Metadata = { title: "New password" };

export default page(ResetPassword);

async function ResetPassword({ searchParams }: { searchParams: Search }) {
  const { token, done } = await searchParams;
  return (
    <div className="mx-auto max-w-md">
      <div className="panel">
        <h1 className="mb-6 text-3xl">{done ? "Your password was changed" : "Choose a new password"}</h1>
        {done ? (
          <p role="status">
            You’ve been signed out everywhere.{" "}
            <Link href="/signin" prefetch={false} className="link">
              Sign in with your new password
            </Link>
          </p>
        ) : (
          <>
            <NewPasswordForm token={typeof token === "string" ? token : ""} />
            <p className="mt-6 text-sm">
              <Link href="/forgot-password" prefetch={false} className="link">
                Send me a new link
              </Link>
            </p>
          </>
        )}
      </div>
    </div>
  );
}
