import type { Metadata } from "next";
import Link from "next/link";
import { Missing } from "@/layout/not-here";
import { page } from "@/layout/page";
import { type Refusal, refusals } from "@/proxy/refusals";

type Props = { params: Promise<{ why: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: find((await params).why)?.title ?? "Not found", robots: "noindex" };
}

export default page(Refused);

/** Shown by proxy.ts when it refuses a form. */
async function Refused({ params }: Props) {
  const refusal = find((await params).why);
  if (!refusal) return <Missing />;
  return (
    <div role="alert" className="mx-auto max-w-xl py-10 text-center">
      <h1 className="text-4xl">{refusal.title}</h1>
      <p className="mt-4 mb-8 text-lg text-muted">{refusal.text}</p>
      <Link href="/" prefetch={false} className="button">
        See all tickets
      </Link>
    </div>
  );
}

function find(why: string) {
  return Object.hasOwn(refusals, why) ? refusals[why as Refusal] : undefined;
}
