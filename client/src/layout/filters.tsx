import Link from "next/link";

type Filter = { path: string; text: string; current: boolean };

/** Links that narrow a list. */
export function Filters({ filters }: { filters: Filter[] }) {
  return (
    <nav aria-label="Filter" className="mb-6 -ml-2.5 flex flex-wrap">
      {filters.map(({ path, text, current }) => (
        <Link
          key={path}
          href={path}
          prefetch={false}
          aria-current={current ? "page" : undefined}
          className="inline-flex min-h-11 items-center rounded-md px-2.5 font-medium decoration-2 decoration-accent underline-offset-8 hover:underline aria-[current=page]:underline"
        >
          {text}
        </Link>
      ))}
    </nav>
  );
}
