import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import { AuthForm } from "@/account/auth-form";
import { ownPath } from "@/account/own-path";
import { pageUser } from "@/account/session";
import { authPath, wished } from "@/account/wished";
import { page } from "@/layout/page";
import type { Search } from "@/layout/params";

export const metadata: Metadata = { title: "Sign up" };

export default page(SignUp);

async function SignUp({ searchParams }: { searchParams: Search }) {
  const search = await searchParams;
  const next = ownPath(search.next);
  const wish = wished(next, search.reserve);
  if (await pageUser()) redirect(next);
  return (
    <div className="mx-auto max-w-md">
      <div className="panel">
        <h1 className="mb-6 text-3xl">Create your account</h1>
        <AuthForm kind="signup" next={next} formKey={crypto.randomUUID()} wish={wish} />
      </div>
      <p className="mt-6 text-center text-muted">
        Already have an account?{" "}
        <Link href={authPath("signin", next, wish)} prefetch={false} className="link text-ink">
          Sign in
        </Link>
      </p>
    </div>
  );
}
