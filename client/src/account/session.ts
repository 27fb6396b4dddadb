import { revalidatePath } from "next/cache";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { currentUser, type User } from "@/api/services";

/** The sign-in page, which leads back to a path. */
export function signInPath(back: string): string {
  return `/signin?next=${encodeURIComponent(back)}`;
}

/** Redirects a Server Action to the page that explains that another user is signed in. */
export function redirectSwitched(back: string): never {
  revalidatePath("/", "layout"); // so the header shows the current user
  redirect(`/switched?next=${encodeURIComponent(back)}`);
}

/** The signed-in user. Visitors who are signed out are sent to sign in and come back. */
export async function requireUser(back: string): Promise<User> {
  const user = await currentUser();
  return user ?? redirect(signInPath(back));
}

/** Whether a page is the response to one of its forms, submitted without JavaScript (proxy.ts). */
export async function answersForm(): Promise<boolean> {
  return (await headers()).get("x-request-method") === "POST";
}

// The response to a form holds what was typed, which a redirect to the sign-in or error page would lose. So
// it's rendered even if the user is signed out or unknown.

/** The signed-in user, if any. */
export async function pageUser(): Promise<User | null> {
  return (await answersForm()) ? currentUser().catch(() => null) : currentUser();
}

/** The user of a page with a form. Visitors who open it signed out are sent to sign in and come back. */
export async function formUser(back: string): Promise<User | null> {
  return (await answersForm()) ? pageUser() : requireUser(back);
}
