import type { Metadata } from "next";
import Link from "next/link";
import type { ProblemType } from "@/api/services";
import { explanations } from "@/app/problems/[name]/explanations";
import { Missing } from "@/layout/not-here";
import { page } from "@/layout/page";

type Props = { params: Promise<{ name: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: find((await params).name)?.title ?? "Not found", robots: "noindex" };
}

export default page(ProblemPage);

/** Explains a type of problem, whose address is the type itself. */
async function ProblemPage({ params }: Props) {
  const { name } = await params;
  const problem = find(name);
  if (!problem) return <Missing />;
  return (
    <div className="mx-auto max-w-xl py-10">
      <p className="font-mono text-muted text-sm">{`/problems/${name}`}</p>
      <h1 className="mt-2 text-4xl">{problem.title}</h1>
      <p className="mt-4 mb-8 text-lg text-muted">{problem.text}</p>
      <Link href="/" prefetch={false} className="button">
        See all tickets
      </Link>
    </div>
  );
}

function find(name: string) {
  const type = `/problems/${name}`;
  return Object.hasOwn(explanations, type) ? explanations[type as ProblemType] : undefined;
}
