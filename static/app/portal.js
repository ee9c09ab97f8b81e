/* Everything here improves pages that already work without it. Hooks are data-* attributes. */

document.querySelector("[data-focus]")?.focus();

/** Post what the page would ask for with a button, once someone looks at it; then show the page's bottom as it is now. */
async function postByItself(form) {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const nav = fresh.querySelector(".p-nav");
  if (!nav) return; // log-in was over: the button stays
  document.querySelector(".p-nav").replaceWith(nav);
  form.remove();
}

/** Wait until the page is looked at: a prefetched or hidden page has been read by nobody. */
function whenSeen(act) {
  if (document.visibilityState === "visible" && !document.prerendering) return void act();
  for (const change of ["visibilitychange", "prerenderingchange"]) {
    document.addEventListener(change, () => whenSeen(act), { once: true });
  }
}

for (const form of document.querySelectorAll("form[data-by-itself]")) {
  whenSeen(() => form.isConnected && postByItself(form));
}
