import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import { AuthForm } from "@/components/auth-form";
import { ownPath } from "@/lib/own-path";
import { page } from "@/lib/page";
import type { Search } from "@/lib/params";
import { pageUser } from "@/lib/session";

export const metadata: Metadata = { title: "Sign up" };

export default page(SignUp);

async function SignUp({ searchParams }: { searchParams: Search }) {
  const next = ownPath((await searchParams).next);
  if (await pageUser()) redirect(next);
  return (
    <div className="mx-auto max-w-md">
      <div className="panel">
        <h1 className="mb-6 text-3xl">Take a seat</h1>
        <AuthForm kind="signup" next={next} formKey={crypto.randomUUID()} />
      </div>
      <p className="mt-6 text-center text-muted">
        Been here before?{" "}
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
