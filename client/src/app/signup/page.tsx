import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import { AuthForm } from "@/account/auth-form";
import { ownPath } from "@/account/own-path";
import { pageUser } from "@/account/session";
import { page } from "@/layout/page";
import type { Search } from "@/layout/params";

export const metadata: Metadata = { title: "Sign up" };

export default page(SignUp);

async function SignUp({ searchParams }: { searchParams: Search }) {
  const next = ownPath((await searchParams).next);
  if (await pageUser()) redirect(next);
  return (
    <div className="mx-auto max-w-md">
      <div className="panel">
        <h1 className="mb-6 text-3xl">Create your account</h1>
        <AuthForm kind="signup" next={next} formKey={crypto.randomUUID()} />
      </div>
      <p className="mt-6 text-center text-muted">
        Already have an account?{" "}
        <Link
          href={next === "/" ? "/signin" : `/signin?next=${encodeURIComponent(next)}`}
          prefetch={false}
          className="link text-ink"
        >
          Sign in
        </Link>
      </p>
    </div>
  );
}
