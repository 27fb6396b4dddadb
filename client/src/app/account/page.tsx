import type { Metadata } from "next";
import Link from "next/link";
import { NameSection } from "@/account/name-section";
import { PasswordChangeForm } from "@/account/password-forms";
import { requireUser } from "@/account/session";
import { Viewer } from "@/form/viewer";
import { isNews } from "@/layout/news";
import { page } from "@/layout/page";
import type { Search } from "@/layout/params";

export const metadata: Metadata = { title: "Your account" };

export default page(Account);

async function Account({ searchParams }: { searchParams: Search }) {
  const user = await requireUser("/account");
  const { changed, saved } = await searchParams;
  return (
    <Viewer user={user}>
      <div className="mx-auto max-w-md">
        <h1 className="text-4xl">Your account</h1>
        <p className="mt-4 mb-8 text-muted">{user.email}</p>
        {changed && (
          <p role="status" className="mb-6">
            Your password was changed, and all other devices were signed out.
          </p>
        )}
        <NameSection saved={isNews(saved)} />
        <h2 className="mb-4 text-2xl">Change your password</h2>
        <PasswordChangeForm />
        <p className="mt-8">
          <Link href="/sessions" prefetch={false} className="link">
            Your sessions
          </Link>
        </p>
      </div>
    </Viewer>
  );
}
