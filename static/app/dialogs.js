/* Dialogs: those on the page (data-open) and those the server fills (data-modal, by htmx). */

/** Wire every dialog of the page. */
export function initDialogs() {
  document.addEventListener("click", (event) => {
    const open = event.target.closest("[data-open]");
    if (open) document.getElementById(open.dataset.open)?.showModal();
    if (!event.target.closest("[data-close]")) return;
    const dialog = event.target.closest("dialog");
    if (!dialog) return; // as a page of its own, the link is followed
    event.preventDefault();
    dialog.close();
  });
  const modal = document.querySelector("dialog[data-modal]");
  if (!modal) return;
  document.addEventListener("htmx:afterSwap", (event) => {
    if (modal.contains(event.target) && modal.textContent.trim() && !modal.open) modal.showModal();
    if (modal.contains(event.target)) modal.querySelector("[data-focus], [autofocus]")?.focus();
  });
  modal.addEventListener("close", () => modal.replaceChildren());
}
