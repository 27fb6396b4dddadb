import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import { requireUser, signInPath } from "@/account/session";
import { EndSessionForm, SignOutEverywhereForm } from "@/account/session-forms";
import { listSessions, type Session } from "@/api/services";
import { Viewer } from "@/form/viewer";
import { page } from "@/layout/page";
import { Time } from "@/layout/time";

export const metadata: Metadata = { title: "Your sessions" };

export default page(Sessions);

async function Sessions() {
  const user = await requireUser("/sessions");
  const sessions = (await listSessions()) ?? redirect(signInPath("/sessions"));
  return (
    <Viewer user={user}>
      <div className="mx-auto max-w-2xl">
        <h1 className="text-4xl">Your sessions</h1>
        <p className="mt-4 mb-8 text-muted">
          The browsers and devices where {user.email} is signed in. If you don’t recognize one, sign it out.
        </p>
        <ul className="mb-10 divide-y divide-line border-line border-y">
          {sessions.map((session) => (
            <li key={session.id} className="flex flex-wrap items-center justify-between gap-4 py-4">
              <SessionLines session={session} />
              {session.current ? (
                <strong>This device</strong>
              ) : (
                <EndSessionForm id={session.id} device={session.device} />
              )}
            </li>
          ))}
        </ul>
        <SignOutEverywhereForm />
        <p className="mt-2 text-muted text-sm">You’ll be signed out here, too.</p>
        <p className="mt-6">
          <Link href="/account" prefetch={false} className="link">
            Change your password
          </Link>
        </p>
      </div>
    </Viewer>
  );
}

function SessionLines({ session }: { session: Session }) {
  return (
    <div>
      <h2 className="text-xl">{session.device}</h2>
      <p className="text-muted text-sm">
        Signed in <Time at={session.createdAt} /> · last active <Time at={session.lastSeenAt} />
      </p>
    </div>
  );
}
