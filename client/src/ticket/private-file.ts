// What the seller can upload for a buyer. The service judges the content, and these are only for the form.

/** The size of the largest file, in bytes. */
export const MAX_FILE = 5 * 1024 * 1024;

export const FILE_TYPES = "application/pdf,image/png,image/jpeg";

export const TOO_LARGE = "Choose a file of up to 5 MB.";

/** Where the seller and the buyer download the file of a ticket. */
export function filePath(ticketId: string): string {
  return `/api/tickets/${encodeURIComponent(ticketId)}/private/file`;
}

/** The file that was chosen in a form, if there is one. Without a choice, browsers and React send an empty file. */
export function fileIn(form: FormData, name: string): File | undefined {
  const file = form.get(name);
  return file instanceof File && file.size > 0 ? file : undefined;
}

/** A size such as "48 KB". */
export function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const kilobytes = bytes / 1024;
  return kilobytes < 1000 ? `${Math.round(kilobytes)} KB` : `${(kilobytes / 1024).toFixed(1)} MB`;
}
