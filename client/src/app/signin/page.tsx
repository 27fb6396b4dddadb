import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import { AuthForm } from "@/account/auth-form";
import { ownPath } from "@/account/own-path";
import { pageUser } from "@/account/session";
import { authPath, wished } from "@/account/wished";
import { page } from "@/layout/page";
import type { Search } from "@/layout/params";

export const metadata: Metadata = { title: "Sign in" };

export default page(SignIn);

async function SignIn({ searchParams }: { searchParams: Search }) {
  const search = await searchParams;
  const next = ownPath(search.next);
  const wish = wished(next, search.reserve);
  if (await pageUser()) redirect(next);
  return (
    <div className="mx-auto max-w-md">
      <div className="panel">
        <h1 className="mb-6 text-3xl">Welcome back</h1>
        <AuthForm kind="signin" next={next} wish={wish} {...(wish && { formKey: crypto.randomUUID() })} />
        <p className="mt-4 text-sm">
          <Link href="/forgot-password" prefetch={false} className="link">
            Forgot your password?
          </Link>
        </p>
      </div>
      <p className="mt-6 text-center text-muted">
        New here?{" "}
        <Link href={authPath("signup", next, wish)} prefetch={false} className="link text-ink">
          Sign up
        </Link>
      </p>
    </div>
  );
}
