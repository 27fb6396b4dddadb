// The form's limits for uploads. The service checks the content.

/** In bytes. */
export const MAX_FILE = 5 * 1024 * 1024;

export const FILE_TYPES = "application/pdf,image/png,image/jpeg";

export const TOO_LARGE = "Choose a file of up to 5 MB.";

export function filePath(ticketId: string): string {
  return `/api/tickets/${encodeURIComponent(ticketId)}/private/file`;
}

/** The chosen file, if any. Browsers and React send an empty file if the user didn't choose one. */
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
