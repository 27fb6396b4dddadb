"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";

export function NavLink({ href, children }: { href: string; children: string }) {
  const here = usePathname() === href;
  return (
    <Link
      href={href}
      prefetch={false}
      aria-current={here ? "page" : undefined}
      className="inline-flex min-h-11 items-center rounded-md px-2.5 font-medium decoration-2 decoration-accent underline-offset-8 hover:underline aria-[current=page]:underline"
    >
      {children}
    </Link>
  );
}
