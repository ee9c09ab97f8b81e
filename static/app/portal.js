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

/** Keep what is written as a draft: a second after the last key, and when the page is left. */
function keepDraft(form) {
  const state = form.querySelector("[data-draft-state]");
  let timer = 0; // 0: everything is saved or being saved
  let last = Promise.resolve(); // one at a time: an older text must not arrive after a newer one
  const say = (text) => {
    if (text !== state.textContent) state.textContent = text;
  };
  const stop = () => {
    clearTimeout(timer);
    timer = 0;
  };
  async function save() {
    const typed = new FormData(form);
    typed.delete("uploads");
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body: typed, keepalive: true });
      say(answer.ok && !answer.redirected ? (await answer.text()).trim() : form.dataset.unsaved);
    } catch (problem) {
      console.info("draft", problem.name);
      say(form.dataset.unsaved);
    }
  }
  form.addEventListener("input", ({ target }) => {
    if (target.type === "file") return;
    stop();
    timer = setTimeout(() => {
      timer = 0;
      last = last.then(save);
    }, 1000);
  });
  form.addEventListener("submit", stop);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "hidden" || !timer) return;
    stop();
    save();
  });
}

document.querySelectorAll("form[data-draft]").forEach(keepDraft);

/* --- The app: worker, push, installing ---------------------------------------------------------------------------- */
const { worker, scope } = document.body.dataset;
if (worker && navigator.serviceWorker) {
  addEventListener("load", () => navigator.serviceWorker.register(worker, { scope }));
}

/** Ask the browser, only now that the page has explained; then post what it answers. */
async function turnOn(form) {
  const { push, unable, denied, failed } = form.dataset;
  const says = form.querySelector("[data-says]");
  const say = (text) => (says.textContent = text);
  say("");
  if (!navigator.serviceWorker || !window.PushManager || !window.Notification) return say(unable);
  if ((await Notification.requestPermission()) !== "granted") return say(denied);
  try {
    const { endpoint, keys } = (await subscribed(push)).toJSON();
    for (const [name, value] of Object.entries({ endpoint, ...keys })) form.elements[name].value = value;
    const own = await caches.open("portal-subscription"); // the worker proves itself by it when it is replaced
    await own.put(`${scope}app/abonnement/`, new Response(JSON.stringify({ endpoint, keys })));
  } catch (problem) {
    console.info("push", problem.name);
    return say(failed);
  }
  form.submit();
}

/** Return the browser's subscription; one made with an older key is of no use any more. */
async function subscribed(key) {
  const { pushManager } = await navigator.serviceWorker.ready;
  const wanted = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await pushManager.subscribe(wanted);
  } catch (problem) {
    if (problem.name !== "InvalidStateError") throw problem;
    await (await pushManager.getSubscription()).unsubscribe();
    return pushManager.subscribe(wanted);
  }
}

document.querySelector("form[data-push]")?.addEventListener("submit", (event) => {
  event.preventDefault();
  turnOn(event.target);
});

addEventListener("beforeinstallprompt", (event) => {
  const button = document.querySelector("[data-install]");
  if (!button) return;
  event.preventDefault();
  button.hidden = false;
  button.addEventListener("click", () => event.prompt(), { once: true });
});
