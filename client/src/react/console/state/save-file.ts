/** Saves a file on the reader's device. */

/** The address of the file is freed later, because some browsers read it after the click. */
const LIFETIME = 60_000;

export function saveFile(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  // Firefox follows only links that are part of the page.
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), LIFETIME);
}
