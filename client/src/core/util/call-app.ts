/** How is a function of the app called? An error in it, also a late one, is logged and interrupts nothing in the client. */

export async function callApp(callback: () => unknown): Promise<void> {
  try {
    await callback();
  } catch (error) {
    console.error(error);
  }
}
