import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { currentUser, type User } from "./api";

/** The path of the sign-in page that leads back to where one is. */
export function signInPath(back: string): string {
  return `/signin?next=${encodeURIComponent(back)}`;
}

/** The path of the page that tells somebody who is signed in as somebody else than a page was made for. */
export function switchedPath(back: string): string {
  return `/switched?next=${encodeURIComponent(back)}`;
}

/** Who is signed in; whoever is not goes to sign in and comes back. */
export async function requireUser(back: string): Promise<User> {
  const user = await currentUser();
  return user ?? redirect(signInPath(back));
}

/** Whether a page is made as the answer to one of its forms, without JavaScript (proxy.ts). */
export async function answersForm(): Promise<boolean> {
  return (await headers()).get("x-request-method") === "POST";
}

// The answer to a form holds what was typed, which would be lost on the way to the sign-in page or the error
// page. So such a page is shown to everybody, as far as it's known who that is.

/** Who is signed in, if anybody is. */
export async function pageUser(): Promise<User | null> {
  return (await answersForm()) ? currentUser().catch(() => null) : currentUser();
}

/** Who a page with a form is for; whoever opens it without being signed in goes to sign in and comes back. */
export async function formUser(back: string): Promise<User | null> {
  return (await answersForm()) ? pageUser() : requireUser(back);
}
