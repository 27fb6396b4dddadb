import { redirect } from "next/navigation";
import { currentUser, type User } from "./api";

/** The path of the sign-in page that leads back to where one is. */
export function signInPath(back: string): string {
  return `/signin?next=${encodeURIComponent(back)}`;
}

/** Who is signed in; whoever is not goes to sign in and comes back. */
export async function requireUser(back: string): Promise<User> {
  const user = await currentUser();
  return user ?? redirect(signInPath(back));
}
